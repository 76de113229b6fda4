import type { Command } from 'commander';
import { oneLine } from '../../../core/printable.ts';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { text } from '../../text.ts';
import { sessionArgument } from '../../session-argument.ts';

/** Reading a large worktree takes its time. */
const timeoutMs = 30 * 60_000;

/** Adds `checkpoint`: keeps the files of a session as they are. */
export function addCheckpoint(program: Command, perform: Perform): void {
  program
    .command('checkpoint')
    .argument('<session>', sessionArgument)
    .summary("keep a session's files as they are")
    .description(
      'Takes a checkpoint of the files of a session as they are, also while its agent is at work. It is\n' +
        'kept for good; `coppice rollback` goes back to it. With --json: the checkpoint.',
    )
    .option('--name <text>', 'what to call it, at most 200 characters')
    .action((session: string, { name }: { readonly name?: string }) =>
      perform(async ({ engine, out }) => {
        const params = { session, ...(name === undefined ? {} : { name }) };
        const taken = await engine.request('checkpoint/take', params, { timeoutMs });
        const what =
          taken.name === undefined
            ? text`Checkpoint ${taken.n}`
            : text`Checkpoint ${taken.n}, ${oneLine(taken.name, 200)}`;
        out.result(taken, () => [
          text`${what}: ${taken.changed ? 'kept.' : 'the same files as the one before.'}`,
          ...taken.remarks.map((remark) => text`${remark}`),
        ]);
        return exits.done;
      }),
    );
}
