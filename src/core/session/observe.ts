import type { AgentEvent } from '../agent/events.ts';
import { noUsage } from '../agent/usage.ts';
import type { NewEvent } from '../domain.ts';
import { event } from '../events.ts';
import type { Intent } from '../intent/state.ts';
import { oneLine } from '../printable.ts';
import { useKey } from '../supervision/repetition.ts';
import { excerpt } from './excerpt.ts';
import type { Breakpoint, Session } from './state.ts';
import { isInVain } from './status.ts';

/**
 * What one event of the agent, read from the stream line that ends at byte `offset`, means for the session's history.
 * Conversation itself stays in the stream; only what decides something is journalled. Reading the same line again (a new
 * engine re-reads the open turn) yields nothing.
 */
export function observe(session: Session, seen: AgentEvent, offset: number): NewEvent[] {
  if (session.run === undefined || offset < session.streamOffset) return [];
  switch (seen.kind) {
    case 'identified':
      return identified(session, seen, offset);
    case 'prompt-seen':
      return started(session, seen.input, offset);
    case 'message':
      return awake(session, offset);
    case 'tool-started':
      return [...awake(session, offset), ...dangerous(session, seen, offset)];
    case 'retrying':
      return retried(session, offset);
    case 'asked':
      return asked(session, seen, offset);
    case 'ask-withdrawn':
      return closed(session, seen.request, 'withdrawn', offset);
    case 'answer-seen':
      return closed(session, seen.request, 'delivered', offset);
    case 'turn-ended':
      return ended(session, seen, offset);
    default:
      // The rest is conversation: it is in the stream, and decides nothing.
      return [];
  }
}

/**
 * The session as its agent may see it: a prompt that is announced as an input of the present run counts as written, since an
 * agent can take it, and even be done with it, before its writing is on record.
 */
export function withAnnounced(session: Session, intents: readonly Intent[]): Session {
  const { run } = session;
  const given = new Set(
    intents.flatMap(({ effect }) =>
      effect.kind === 'input' && effect.run === run?.n && effect.what.kind === 'prompt' ? [effect.what.prompt] : [],
    ),
  );
  if (run === undefined || given.size === 0) return session;
  const prompts = session.prompts.map((prompt) =>
    prompt.state === 'waiting' && given.has(prompt.n) ? { ...prompt, state: 'written' as const, run: run.n } : prompt,
  );
  return { ...session, prompts };
}

type Seen<K extends AgentEvent['kind']> = Extract<AgentEvent, { kind: K }>;

/** Names that an agent makes up go into the journal as they are: longer ones are none. */
const longestName = 200;

/** The name of a conversation is given back on a command line, where a hyphen would begin an option. */
function isConversation(name: string): boolean {
  return name.length <= longestName && !name.startsWith('-') && !/[\p{Cc}\s]/u.test(name);
}

function identified(session: Session, seen: Seen<'identified'>, offset: number): NewEvent[] {
  const { agentSession } = seen;
  const [model, version] = [seen.model, seen.version].map((name) =>
    name === undefined ? name : oneLine(name, longestName),
  );
  const same =
    session.agentSession === agentSession &&
    (model === undefined || session.model === model) &&
    (version === undefined || session.agentVersion === version);
  if (same || !isConversation(agentSession)) return [];
  return [
    event('agent.identified', {
      session: session.id,
      agentSession,
      ...(model === undefined ? {} : { model }),
      ...(version === undefined ? {} : { version }),
      offset,
    }),
  ];
}

/** The oldest prompt that was written and not seen, or the one that the echo names. */
function pending(session: Session, input?: string): number | undefined {
  const written = session.prompts.filter((prompt) => prompt.state === 'written');
  return (written.find((prompt) => promptKey(session.id, prompt.n) === input) ?? written[0])?.n;
}

/** Names a prompt towards the agent (a UUID-shaped echo key is the agent's own matter). */
export function promptKey(session: string, prompt: number): string {
  return `${session}:${prompt}`;
}

function begin(session: Session, prompt: number | undefined, offset: number): NewEvent {
  return event('turn.started', {
    session: session.id,
    turn: session.turns + 1,
    ...(prompt === undefined ? {} : { prompt }),
    run: session.run?.n ?? 0,
    offset,
  });
}

function started(session: Session, input: string | undefined, offset: number): NewEvent[] {
  const prompt = pending(session, input);
  if (prompt === undefined) return [];
  if (session.turn === undefined) return [begin(session, prompt, offset)];
  // A prompt that reaches the agent in mid-turn ends the turn it cuts into.
  return [...finish(session, 'interrupted', 'superseded', offset), { ...begin(session, prompt, offset) }];
}

function awake(session: Session, offset: number): NewEvent[] {
  return session.turn === undefined ? [begin(session, pending(session), offset)] : [];
}

/** So many dangerous uses of one turn go on record, each with the files of that moment; more of them tell nothing else. */
const mostDangers = 20;

function dangerous(session: Session, seen: Seen<'tool-started'>, offset: number): NewEvent[] {
  const { id: use, name: tool, input, findings = [] } = seen;
  const { dangers = [] } = session;
  const turn = session.turn?.n ?? session.turns + 1;
  const ofTurn = dangers.filter((each) => each.turn === turn);
  if (findings.length === 0 || ofTurn.length >= mostDangers || ofTurn.some((each) => each.use === use)) return [];
  const key = useKey(tool, input);
  return [event('danger.seen', { session: session.id, use, key, tool, turn, findings, offset })];
}

/** So many tries since a person last gave a prompt are counted: more of them tell nothing else. */
const mostRetries = 1000;

/** A line tells of one try. It may be the last whose event is on record, so that its offset alone does not say that it was counted. */
function retried({ id, attempts, retriedAt = -1 }: Session, offset: number): NewEvent[] {
  if (offset <= retriedAt || (attempts?.transport ?? 0) >= mostRetries) return [];
  return [event('service.retried', { session: id, offset })];
}

/** As many things may an agent ask at once. One that asks more is not to be answered by anybody, and is ended. */
const mostAsked = 64;

function asked(session: Session, seen: Seen<'asked'>, offset: number): NewEvent[] {
  const { request } = seen;
  if (request.id.length > longestName || session.breakpoints.some((each) => each.id === request.id)) return [];
  if (session.breakpoints.filter(isAgents).length >= mostAsked) return tooMuch(session);
  const raised = event('breakpoint.raised', {
    session: session.id,
    breakpoint: request.id,
    kind: request.kind,
    title: request.title,
    detail: request.detail,
    request,
    ...(seen.findings === undefined ? {} : { findings: seen.findings }),
    offset,
  });
  return [...awake(session, offset), raised];
}

/** Whether it is a question of the agent, and not one of ours about it. */
function isAgents({ request }: Breakpoint): boolean {
  return request !== undefined;
}

function tooMuch({ id, cancelling }: Session): NewEvent[] {
  if (cancelling !== undefined) return [];
  const message = `The agent asked more than ${mostAsked} things at once, so it was ended.`;
  const error = {
    code: 'agent-unusable',
    message,
    next: 'Read what it said, then give it another prompt.',
  } as const;
  return [event('session.cancelling', { session: id, reason: 'it asks too much at once', error })];
}

/** Takes a question of the agent away; those of ours are not for it to close. */
function closed(session: Session, id: string, why: 'delivered' | 'withdrawn', offset: number): NewEvent[] {
  if (!session.breakpoints.some((each) => each.id === id && isAgents(each))) return [];
  return [event('breakpoint.closed', { session: session.id, breakpoint: id, why, offset })];
}

function withdrawn(session: Session, offset: number): NewEvent[] {
  return session.breakpoints
    .filter(isAgents)
    .flatMap((each) => closed(session, each.id, each.written === true ? 'delivered' : 'withdrawn', offset));
}

function finish(session: Session, outcome: 'interrupted' | 'crashed', reason: string, offset: number): NewEvent[] {
  const data = { session: session.id, turn: session.turns, outcome, reason, usage: noUsage, denials: 0, offset };
  return [...withdrawn(session, offset), event('turn.ended', data)];
}

function ended(session: Session, seen: Seen<'turn-ended'>, offset: number): NewEvent[] {
  // The very line that ended the last turn, read again, must not end a prompt that was written since.
  return session.lastTurn?.offset === offset ? [] : conclude(session, seen, offset);
}

function conclude(
  session: Session,
  seen: Seen<'turn-ended'>,
  offset: number,
  prompt: number | undefined = pending(session),
): NewEvent[] {
  const opening = session.turn === undefined && prompt !== undefined ? [begin(session, prompt, offset)] : [];
  if (session.turn === undefined && opening.length === 0) return [];
  const data = {
    session: session.id,
    turn: session.turns + opening.length,
    outcome: seen.outcome,
    reason: seen.reason,
    ...(seen.text === undefined ? {} : { text: excerpt(seen.text) }),
    ...(seen.position === undefined ? {} : { position: seen.position }),
    usage: seen.usage,
    ...(seen.context === undefined ? {} : { context: seen.context }),
    denials: seen.denials,
    ...(seen.checked === undefined ? {} : { checked: seen.checked }),
    offset,
    ...(seen.retryAfterS === undefined ? {} : { retryAfterS: seen.retryAfterS }),
    ...(seen.retryAt === undefined ? {} : { retryAt: seen.retryAt }),
  };
  return [...opening, ...withdrawn(session, offset), event('turn.ended', data)];
}

/** How a run ended: with an exit code or a signal where known, or `gone` without a trace. */
export interface RunEnd {
  readonly code?: number;
  readonly signal?: string;
  readonly gone?: boolean;
}

/**
 * The end of the agent's process. `last` is what the stream reader concluded at the end of the stream. A turn that is still
 * open then has crashed (or was interrupted, when that was asked for), and a prompt that was written but never seen has
 * had its turn: nothing is sent twice. An agent that cannot even take its prompt is not started for ever: then the prompt has
 * had its turn as well.
 */
export function observeExit(session: Session, end: RunEnd, last: readonly AgentEvent[], offset: number): NewEvent[] {
  if (session.run === undefined) return [];
  const exited = event('run.exited', {
    session: session.id,
    run: session.run.n,
    ...(end.code === undefined ? {} : { code: end.code }),
    ...(end.signal === undefined ? {} : { signal: end.signal }),
    ...(end.gone === true ? { gone: true } : {}),
  });
  const conclusion = last.find((seen) => seen.kind === 'turn-ended');
  const prompt = pending(session) ?? refused(session, end);
  if (session.turn === undefined && prompt === undefined) return [...withdrawn(session, offset), exited];
  const asked = session.interrupting === true || session.cancelling !== undefined;
  // An end that was asked for is no crash, whatever it looked like from the stream.
  if (conclusion !== undefined && !(asked && conclusion.outcome === 'crashed')) {
    return [...conclude(session, conclusion, offset, prompt), exited];
  }
  const opening = session.turn === undefined ? [begin(session, prompt, offset)] : [];
  const opened = { ...session, turns: session.turns + opening.length };
  return [...opening, ...finish(opened, asked ? 'interrupted' : 'crashed', howEnded(end), offset), exited];
}

/** Starts in a row that may come to nothing because something outside ended the agent. */
const vainRunLimit = 3;

/** The prompt that waits for an agent which ended by itself, or again and again, before it could be given anything. */
function refused(session: Session, end: RunEnd): number | undefined {
  if (!isInVain(session) || session.interrupting === true || session.cancelling !== undefined) return undefined;
  const byItself = end.code !== undefined && end.signal === undefined;
  if (!byItself && (session.vainRuns ?? 0) + 1 < vainRunLimit) return undefined;
  return session.prompts.find((prompt) => prompt.state === 'waiting')?.n;
}

function howEnded(end: RunEnd): string {
  if (end.signal !== undefined) return `ended by ${end.signal}`;
  if (end.code !== undefined) return `ended with exit code ${end.code}`;
  return 'ended without a trace';
}
