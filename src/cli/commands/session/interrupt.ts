import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { sessionArgument } from '../../session-argument.ts';

/** Adds `session interrupt`. `wrong-state` when no turn is under way. */
export function addSessionInterrupt(group: Command, perform: Perform): void {
  group
    .command('interrupt')
    .argument('<session>', sessionArgument)
    .summary('stop the turn under way and keep the session')
    .description(
      'Stops the turn under way. The session keeps its worktree and conversation: give it the next prompt with `continue`.',
    )
    .action((key: string) =>
      perform(async ({ engine, out }) => {
        const { id } = await engine.request('session/show', { session: key });
        await engine.request('session/interrupt', { session: id });
        out.result({ session: id }, () => [`Interrupted. Go on with: coppice session continue ${id} "<prompt>"`]);
        return exits.done;
      }),
    );
}
