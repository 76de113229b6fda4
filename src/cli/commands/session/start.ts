import type { Command } from 'commander';
import { acceptedLines } from '../../accepted.ts';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { sessionRow } from '../../session-lines.ts';
import { addWorkOptions, startWork, type WorkOptions } from '../../work-options.ts';

/** Adds `session start`. Returns once the engine has taken the work; `queue-full` when there is no room for it. */
export function addSessionStart(group: Command, perform: Perform): void {
  addWorkOptions(group.command('start'))
    .alias('spawn')
    .summary('give an agent work and return once it is accepted')
    .description(
      'Gives an agent work in a worktree of its own, like `coppice run --detach`: prints the id of the session and returns.',
    )
    .option('--detach', 'accepted for symmetry with run; this command never waits')
    .action((prompt: string | undefined, { detach: _, ...options }: WorkOptions & { readonly detach?: true }) =>
      perform(async (context) => {
        const session = await startWork(context, prompt, options);
        context.out.result(sessionRow(session), () => acceptedLines(context, session));
        return exits.done;
      }),
    );
}
