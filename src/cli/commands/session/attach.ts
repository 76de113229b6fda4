import type { Command } from 'commander';
import type { StreamEventView } from '../../../protocol/schemas.ts';
import { attend } from '../../attend.ts';
import type { Context, Perform } from '../../context.ts';
import { continueWork } from '../../continue-work.ts';
import { displayFor } from '../../display.ts';
import type { Exit } from '../../exit-codes.ts';
import { readLogs } from '../../read-logs.ts';
import { sessionArgument } from '../../session-argument.ts';

/** Events of the past that are shown when somebody comes back. */
const remembered = 20;

/**
 * Adds `session attach`. Shows the last 20 events, follows, and on a terminal asks for the next prompt until a line is
 * empty.
 */
export function addSessionAttach(group: Command, perform: Perform): void {
  group
    .command('attach')
    .argument('<session>', sessionArgument)
    .summary('come back to a session: watch, answer, go on')
    .description(
      'Shows the last of the conversation and follows it like `coppice run`. On a terminal you can give the next prompt when the ' +
        'work has ended; an empty line leaves. In a pipe the exit code is that of `coppice run`.',
    )
    .action((key: string) => perform((context) => attach(context, key)));
}

async function attach(context: Context, key: string): Promise<Exit> {
  const { engine, out, person, shell } = context;
  const { id } = await engine.request('session/show', { session: key });
  const last: StreamEventView[] = [];
  const end = await readLogs(engine, id, (seen) => {
    last.push(seen);
    if (last.length > remembered) last.shift();
  });
  const display = displayFor(out, shell);
  for (const seen of last) display.event(id, seen);
  let attended = await attend(context, id, end);
  while (attended.ended && person !== undefined) {
    const prompt = await person.ask('Next prompt (an empty line leaves): ');
    if (prompt === undefined || prompt.trim() === '') break;
    await continueWork(context, id, prompt);
    attended = await attend(context, id, attended.offset);
  }
  return attended.exit;
}
