import type { Command } from 'commander';
import { agentLines } from '../../agent-lines.ts';
import type { Context, Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { follow } from '../../follow.ts';
import type { SessionDetail, StreamEventView } from '../../../protocol/schemas.ts';
import { isSettled } from '../../../protocol/session-status.ts';
import { readLogs } from '../../read-logs.ts';
import { sessionArgument } from '../../session-argument.ts';

/** Adds `session logs`. With `--follow` it only watches: Ctrl-C ends the command and leaves the session alone. */
export function addSessionLogs(group: Command, perform: Perform): void {
  group
    .command('logs')
    .argument('<session>', sessionArgument)
    .summary('what the agent said and did')
    .description('Prints the conversation of a session. With --json: one object per event, {session, offset, event}.')
    .option('-f, --follow', 'go on with what comes until the session has ended; Ctrl-C ends it')
    .action((key: string, { follow: following }: { readonly follow?: true }) =>
      perform(async (context) => {
        const { id } = await context.engine.request('session/show', { session: key });
        const last = new LastWords();
        const show = (seen: StreamEventView): void => {
          last.take(seen);
          showEvent(context, id, seen);
        };
        if (following === true) await followLogs(context, id, show);
        else await readLogs(context.engine, id, show);
        const missing = last.missing(await context.engine.request('session/show', { session: id }));
        for (const seen of missing) showEvent(context, id, seen);
        return exits.done;
      }),
    );
}

/** Where the end of the agent ended its turn, the stream holds neither that nor what the agent said of it on its error output. */
class LastWords {
  #kind = '';
  #message = '';
  #offset = 0;

  take({ offset, event }: StreamEventView): void {
    this.#offset = offset;
    this.#kind = event.kind;
    if (event.kind === 'message' && typeof event['text'] === 'string') this.#message = event['text'];
  }

  /** What is to be shown after the last event. */
  missing({ lastTurn, status, text }: SessionDetail): readonly StreamEventView[] {
    if (lastTurn === undefined || lastTurn.outcome === 'success') return [];
    if (this.#kind === 'turn-ended' || !isSettled({ status })) return [];
    const ended = { kind: 'turn-ended', ...lastTurn };
    const isNews = text !== undefined && text.trim() !== '' && text.trim() !== this.#message.trim();
    const events = isNews ? [{ kind: 'message', text }, ended] : [ended];
    return events.map((event) => ({ offset: this.#offset, event }));
  }
}

function showEvent({ out }: Context, session: string, { offset, event }: StreamEventView): void {
  if (out.style === 'json') out.json({ session, offset, event });
  else for (const line of agentLines(event, out.paint)) out.line(line);
}

async function followLogs(context: Context, session: string, show: (seen: StreamEventView) => void): Promise<void> {
  const leave = new AbortController();
  const quiet = context.shell.onInterrupt(() => leave.abort());
  let asked = '';
  try {
    await follow(
      context,
      { session, from: 0, signal: leave.signal },
      {
        event: show,
        lost: () => context.out.note('The engine went away; looking for it …'),
        changed: ({ needs: [open] }) => {
          if (open !== undefined && open.id !== asked)
            context.out.note(`It needs you: coppice session answer ${session}`);
          asked = open?.id ?? '';
        },
      },
    );
  } finally {
    quiet();
  }
}
