import type { Command } from 'commander';
import { acceptedLines } from '../../accepted.ts';
import { attend } from '../../attend.ts';
import type { Perform } from '../../context.ts';
import { continueWork } from '../../continue-work.ts';
import { exits } from '../../exit-codes.ts';
import { promptFrom } from '../../prompt.ts';
import { readLogs } from '../../read-logs.ts';
import { sessionRow } from '../../session-lines.ts';
import { sessionArgument } from '../../session-argument.ts';

interface ContinueOptions {
  readonly promptFile?: string;
  readonly steer?: true;
  readonly follow?: true;
}

/** Adds `session continue`. Returns once the prompt is accepted; with `--follow` its exit code is that of the work. */
export function addSessionContinue(group: Command, perform: Perform): void {
  group
    .command('continue')
    .argument('<session>', sessionArgument)
    .argument('[prompt]', 'what the agent is told')
    .summary('give a session its next prompt')
    .description(
      'Gives a session its next prompt: the agent goes on in the same worktree and conversation. While a turn is under way the ' +
        'prompt waits for its end. Returns once the prompt is accepted.',
    )
    .option('--prompt-file <path>', 'read the prompt from a file; - is standard input')
    .option('--steer', 'cut into the turn under way')
    .option('-f, --follow', 'follow it like `coppice run`')
    .action((key: string, argument: string | undefined, { promptFile, steer, follow }: ContinueOptions) =>
      perform(async (context) => {
        const { engine, out, shell } = context;
        const prompt = await promptFrom(shell, argument, promptFile);
        const { id } = await engine.request('session/show', { session: key });
        const end = follow === true ? await readLogs(engine, id, () => undefined) : 0;
        const session = await continueWork(context, id, prompt, steer === true);
        if (follow === true) return (await attend(context, id, end)).exit;
        out.result(sessionRow(session), () => acceptedLines(context, session));
        return exits.done;
      }),
    );
}
