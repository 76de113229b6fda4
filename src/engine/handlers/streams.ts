import { defined } from '../../core/defined.ts';
import type { AgentEvent } from '../../core/agent/events.ts';
import { withoutCost } from '../../core/agent/usage.ts';
import { CoppiceError } from '../../core/errors.ts';
import { isLive, isSettled } from '../../core/session/status.ts';
import type { Session } from '../../core/session/state.ts';
import type { Line } from '../../executors/lines.ts';
import { readRange } from '../../executors/read-range.ts';
import type { Handlers, ParsedOf, Requests, ResultOf } from '../../protocol/contract.ts';
import type { StreamEventView } from '../../protocol/schemas.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import type { Followed } from '../sessions/follower.ts';
import { Subscriptions } from './subscriptions.ts';

const pageBytes = 1024 * 1024;
const pageEvents = 500;
const idlePollMs = 250;

type StreamHandlers = Pick<Handlers<Requests, ClientContext>, 'session/logs' | 'session/follow' | 'session/unfollow'>;

interface Page {
  readonly events: readonly Followed[];
  readonly next: number;
}

/** The conversation of a session: pages of what is there, and notifications of what comes. */
export function streamHandlers(services: Services): StreamHandlers {
  const follows = new Subscriptions('a stream', services.log);
  return {
    'session/logs': (params) => logs(services, params),
    'session/follow': ({ session: key, from }, client) => {
      const session = services.store.find(key).id;
      const follow = follows.begin(client, {
        tell: (number, signal) =>
          send(services, session, from, signal, (events, ended) =>
            client.notify('stream', { follow: number, events, ended }),
          ),
        failed: (number, problem) => client.notify('stream', { follow: number, events: [], ended: true, problem }),
      });
      return { follow, session };
    },
    'session/unfollow': ({ follow }, client) => {
      follows.end(client, follow);
      return {};
    },
  };
}

async function logs(
  services: Services,
  { session: key, from, limit }: ParsedOf<Requests, 'session/logs'>,
): Promise<ResultOf<Requests, 'session/logs'>> {
  const session = services.store.find(key);
  const events: Followed[] = [];
  let next = from;
  while (events.length < limit) {
    const page = await readPage(services, session, next, limit - events.length);
    if (page.next === next) break;
    events.push(...page.events);
    next = page.next;
  }
  const view = await viewOf(services, session);
  return { events: events.map(view), next, live: !isSettled(services.store.session(session.id)) };
}

/**
 * Reads events whose lines end behind `from`. A reader is a fold over a run, but what it says of a line depends on the
 * lines before only in the agent's own bookkeeping, so a page may begin at any line.
 */
async function readPage(services: Services, session: Session, from: number, limit: number): Promise<Page> {
  const agent = await services.agentOf(session);
  const reader = agent.reader(session.id);
  const lines = await linesFrom(services, session.id, from);
  const events: Followed[] = [];
  let next = from;
  for (const line of lines) {
    if (events.length >= limit) break;
    const meta = { offset: line.end, ...defined({ truncatedBytes: line.truncated }) };
    for (const event of reader.line(line.text, meta)) events.push({ offset: line.end, event });
    next = line.end;
  }
  return { events, next };
}

/** Sends from `from` on until the session's present stretch of work has ended, or for as long as the signal lets it. */
async function send(
  services: Services,
  id: string,
  from: number,
  signal: AbortSignal,
  notify: (events: StreamEventView[], ended: boolean) => Promise<void>,
): Promise<void> {
  const session = services.store.session(id);
  const reader = (await services.agentOf(session)).reader(id);
  const view = await viewOf(services, session);
  let next = from;
  while (!signal.aborted) {
    const before = services.store.session(id);
    const over = isSettled(before) && !isLive(before);
    const lines = await linesFrom(services, id, next);
    const events: Followed[] = [];
    for (const line of lines) {
      const meta = { offset: line.end, ...defined({ truncatedBytes: line.truncated }) };
      for (const event of reader.line(line.text, meta)) events.push({ offset: line.end, event });
      next = line.end;
    }
    for (const page of pages(events)) await notify(page.map(view), false);
    if (lines.length > 0) continue;
    if (over) return notify([], true);
    await news(services, id, signal);
  }
}

/** The next lines of a session's output, as many as fit in a page. @throws CoppiceError `internal`: it cannot be read. */
async function linesFrom(services: Services, session: string, from: number): Promise<readonly Line[]> {
  try {
    return (await readRange(services.streamPath(session), from, { maxBytes: pageBytes })).lines;
  } catch (error) {
    const message = `What session ${session} has printed cannot be read: ${String(error)}.`;
    const next = 'Its work is not ended by that; see to the file, then follow it again.';
    throw new CoppiceError('internal', message, next, { cause: error });
  }
}

/** Portions of about `pageEvents`; the events of one line stay together, so that a reader can go on behind any portion. */
function pages(events: readonly Followed[]): Followed[][] {
  const portions: Followed[][] = [];
  for (const each of events) {
    const last = portions.at(-1);
    const fits = last !== undefined && (last.length < pageEvents || last.at(-1)?.offset === each.offset);
    if (fits) last.push(each);
    else portions.push([each]);
  }
  return portions;
}

/** Waits until the session may have printed something, or a moment has passed. */
function news(services: Services, id: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(done, idlePollMs);
    const quiet = services.sessions.worker(id)?.follower?.onEvents(done);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      quiet?.();
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}

/** How a session's events are shown: what a turn cost is told only where the session is paid by use. */
async function viewOf(services: Services, session: Session): Promise<(followed: Followed) => StreamEventView> {
  const metered = (await services.meter())(session);
  return ({ offset, event }) => ({ offset, event: { ...(metered ? event : unpriced(event)) } });
}

function unpriced(event: AgentEvent): AgentEvent {
  return event.kind === 'turn-ended' ? { ...event, usage: withoutCost(event.usage) } : event;
}
