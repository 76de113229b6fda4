import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { sessionRow } from '../../session-lines.ts';
import { text } from '../../text.ts';
import { sessionArgument } from '../../session-argument.ts';

/** Adds `session rename`. Branch and worktree keep their names. */
export function addSessionRename(group: Command, perform: Perform): void {
  group
    .command('rename')
    .argument('<session>', sessionArgument)
    .argument('<title>', 'one line')
    .summary('give a session another title')
    .description('Gives a session another title. Its branch and its worktree keep their names.')
    .action((key: string, title: string) =>
      perform(async ({ engine, out }) => {
        const { session } = await engine.request('session/rename', { session: key, title });
        out.result(sessionRow(session), () => [text`Session ${session.id}: ${session.title}`]);
        return exits.done;
      }),
    );
}
