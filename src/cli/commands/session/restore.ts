import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { sessionRow, statusText } from '../../session-lines.ts';
import { text } from '../../text.ts';
import { withTrust } from '../../with-trust.ts';

/** Adds `session restore`. `path-in-the-way` or `worktree-in-use` when its place is taken by now. */
export function addSessionRestore(group: Command, perform: Perform): void {
  group
    .command('restore')
    .argument('<session>', 'its id, the beginning of it, or its task')
    .summary('bring a removed session back')
    .description('Brings a removed session back with its worktree: branch, changed files and what was staged.')
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
