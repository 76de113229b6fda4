import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { sessionRow, statusText } from '../../session-lines.ts';
import { text } from '../../text.ts';
import { withTrust } from '../../with-trust.ts';
import { sessionArgument } from '../../session-argument.ts';

/** Adds `session restore`. `path-in-the-way` or `worktree-in-use` when its place is taken by now. */
export function addSessionRestore(group: Command, perform: Perform): void {
  group
    .command('restore')
    .argument('<session>', sessionArgument)
    .summary('bring back a removed session, or a worktree that is gone')
    .description(
      'Brings a removed session back with its worktree: branch, changed files and what was staged. The worktree of one that was not ' +
        'removed is made again when it is gone, as its branch and last checkpoint have it.',
    )
    .action((key: string) =>
      perform(async (context) => {
        const { engine, out } = context;
        const { session } = await withTrust(context, () => engine.request('session/restore', { session: key }));
        out.result(sessionRow(session), () => [
          text`Session ${session.id}: ${statusText(session, out.paint)}`,
          ...(session.worktree === null ? [] : [text`  ${session.worktree}`]),
        ]);
        return exits.done;
      }),
    );
}
