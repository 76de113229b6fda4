import type { Command } from 'commander';
import { attend } from '../attend.ts';
import type { Perform } from '../context.ts';
import { acceptedLines } from '../accepted.ts';
import { exits } from '../exit-codes.ts';
import { sessionRow } from '../session-lines.ts';
import { addWorkOptions, startWork, type WorkOptions } from '../work-options.ts';

/**
 * Adds `coppice run`. Its exit code is that of the work (see `attend`); with `--detach` it is 0 as soon as the engine
 * has taken it.
 */
export function addRun(program: Command, perform: Perform): void {
  addWorkOptions(program.command('run'))
    .summary('give an agent work and follow it until it reports')
    .description(
      'Gives an agent work in a worktree of its own and follows it until it reports. On a terminal you are asked when the agent ' +
        'needs you; in a pipe the command then ends with exit code 4 and the session waits. Ctrl-C leaves the session to ' +
        'itself; a second Ctrl-C within 2 s cancels it.',
    )
    .option('--detach', 'return as soon as the engine has taken it; prints the id')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  coppice run "Add a test for the parser"\n' +
        '  coppice run --agent demo --name try-it "Change something #ask"\n' +
        '  coppice run --prompt-file task.md --priority high --json\n' +
        '  coppice run -- "--dry-run does nothing: fix it"',
    )
    .action((prompt: string | undefined, { detach, ...options }: WorkOptions & { readonly detach?: true }) =>
      perform(async (context) => {
        const session = await startWork(context, prompt, options);
        if (detach === true) {
          context.out.result(sessionRow(session), () => acceptedLines(context, session));
          return exits.done;
        }
        context.out.line(context.out.paint.dim(`session ${session.id} · ${session.task} · agent ${session.agent}`));
        return (await attend(context, session.id)).exit;
      }),
    );
}
