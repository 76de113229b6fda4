import type { Command } from 'commander';
import type { Context, Perform } from '../../context.ts';
import { exits, type Exit } from '../../exit-codes.ts';
import { text } from '../../text.ts';
import { badUsage } from '../../usage-error.ts';

/** Adds `help-agent`: by a person, or by the agent itself out of its worktree. */
export function addHelpAgent(program: Command, perform: Perform): void {
  program
    .command('help-agent')
    .argument('<question...>', 'what help is needed with')
    .summary('hold a session at work until a person has helped')
    .description(
      'Asks a person, with the goal, what was tried, what went wrong and what changed. The agent is interrupted; the answer is its ' +
        'next prompt. An agent that is stuck may run this itself.',
    )
    .option('--session <session>', 'which one; default: that of the worktree you are in')
    .action((words: readonly string[], { session }: { readonly session?: string }) =>
      perform((context) => helpAgent(context, words.join(' '), session)),
    );
}

async function helpAgent(context: Context, question: string, named: string | undefined): Promise<Exit> {
  const { engine, out } = context;
  const { session } = await engine.request('supervision/help', { session: named ?? (await here(context)), question });
  out.result({ session, question }, () => [
    text`Session ${session} waits for a person: coppice session answer ${session}`,
  ]);
  return exits.done;
}

/** The session that works in the worktree of the working directory. */
async function here({ engine, path }: Context): Promise<string> {
  const { sessions } = await engine.request('session/list', { which: 'active' });
  const found = sessions.find(
    ({ worktree }) => worktree !== null && (path === worktree || path.startsWith(`${worktree}/`)),
  );
  if (found !== undefined) return found.id;
  throw badUsage('No session is at work in this folder.', 'Name it with --session; see `coppice session list`.');
}
