import type { Command } from 'commander';
import type { SessionDetail } from '../../../protocol/schemas.ts';
import { isSettled } from '../../../protocol/session-status.ts';
import type { Context, Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { sessionRow, statusText } from '../../session-lines.ts';
import { text } from '../../text.ts';
import { sessionArgument } from '../../session-argument.ts';

/** How long the end of the agent is waited for; the engine interrupts, terminates and kills within less. */
const waitMs = 30_000;
const lookMs = 100;

/**
 * Adds `session cancel`. Waits up to 30 s for the end of the agent; longer than that is said and is no failure, since
 * the engine goes on ending it.
 */
export function addSessionCancel(group: Command, perform: Perform): void {
  group
    .command('cancel')
    .alias('stop')
    .argument('<session>', sessionArgument)
    .summary('end a session')
    .description(
      'Ends a session: takes it out of the queue or stops its agent. What it has changed stays on its branch.',
    )
    .option('--reason <text>', 'kept in the journal')
    .action((key: string, { reason }: { readonly reason?: string }) =>
      perform(async (context) => {
        const { engine, out } = context;
        const { id } = await engine.request('session/show', { session: key });
        await engine.request('session/cancel', { session: id, ...(reason === undefined ? {} : { reason }) });
        const detail = await ended(context, id);
        if (!isSettled(detail)) out.note('It is still being stopped; the engine sees to it.');
        out.result(sessionRow(detail), () => [text`Session ${id}: ${statusText(detail, out.paint)}`]);
        return exits.done;
      }),
    );
}

async function ended({ engine, shell }: Context, session: string): Promise<SessionDetail> {
  const until = shell.steady() + waitMs;
  for (;;) {
    const detail = await engine.request('session/show', { session });
    if (isSettled(detail) || shell.steady() >= until) return detail;
    await shell.sleep(lookMs);
  }
}
