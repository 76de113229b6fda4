import { defined } from '../defined.ts';
import type { Actor } from '../domain.ts';
import type { TurnOutcome } from '../agent/events.ts';
import { oneLine } from '../printable.ts';
import { addUsage, noUsage } from '../agent/usage.ts';
import type { Recorded } from '../events.ts';
import { landingFolds, type HomecomingEvents } from '../landing/session-folds.ts';
import { checkpointFolds, type KeepingEvents } from '../restore/session-folds.ts';
import type { BudgetEvents } from '../supervision/levels.ts';
import type { StopEvents } from '../supervision/stops.ts';
import type { SupervisionEvents } from '../supervision/judgement.ts';
import { noAttempts, withRetry } from '../supervision/attempts.ts';
import { useKey } from '../supervision/repetition.ts';
import { reduceJudgement } from '../supervision/judgement-reducer.ts';
import { supervisionFolds } from '../supervision/session-folds.ts';
import { afterSettling } from './commit.ts';
import type { SessionEvents } from './events.ts';
import { patch, type Patch } from './patch.ts';
import type { Answered, Breakpoint, Met, Prompt, Run, Session, TurnNote } from './state.ts';
import { amountsOf, withSpell } from '../supervision/spells.ts';
import { isInVain, openBreakpoints, workedMs } from './status.ts';

/** Events that change a session: its own, and those of its checkpoints and landings. */
type Folded = Omit<SessionEvents, 'session.created' | 'session.restored' | 'session.refused'> &
  KeepingEvents &
  SupervisionEvents &
  Pick<StopEvents, 'stop.met' | 'prompt.edited'> &
  Pick<BudgetEvents, 'budget.reserved'> &
  HomecomingEvents;

type Data<K extends keyof Folded> = Recorded<K>['data'];
type Fold<K extends keyof Folded> = (session: Session, event: Recorded<K>) => Session;

function created({ at, data }: Recorded<'session.created'>): Session {
  return {
    id: data.session,
    task: data.task,
    mode: data.mode,
    agent: data.agent,
    agentOptions: data.agentOptions,
    executor: data.executor,
    priority: data.priority,
    ...(data.labels === undefined ? {} : { labels: data.labels }),
    ...(data.parent === undefined ? {} : { parent: data.parent }),
    ...(data.stage === undefined ? {} : { stage: data.stage }),
    repository: data.repository,
    request: data.request,
    requester: data.requester,
    createdAt: at,
    admission: 'idle',
    holding: false,
    goal: '',
    prompts: [],
    promptCount: 0,
    streamOffset: 0,
    turns: 0,
    breakpoints: [],
    usage: noUsage,
    archived: false,
  };
}

/** A fact about a run that is not the present one is stale and changes nothing. */
function withRun(session: Session, n: number, change: (run: Run) => Run): Session {
  return session.run?.n === n ? { ...session, run: change(session.run) } : session;
}

function withPrompt(session: Session, n: number, change: (prompt: Prompt) => Prompt): Session {
  return { ...session, prompts: session.prompts.map((prompt) => (prompt.n === n ? change(prompt) : prompt)) };
}

function withBreakpoint(session: Session, id: string, change: (breakpoint: Breakpoint) => Breakpoint): Session {
  return { ...session, breakpoints: session.breakpoints.map((each) => (each.id === id ? change(each) : each)) };
}

function withLine(breakpoint: Breakpoint, line: string | undefined): Breakpoint {
  const { detail, also = 0 } = breakpoint;
  return { ...breakpoint, also: also + 1, detail: line === undefined ? detail : `${detail}\n${line}` };
}

/** Only what is still on its way is kept; the text of a prompt that was seen is in the stream. */
function unseen(prompts: readonly Prompt[]): readonly Prompt[] {
  return prompts.filter((prompt) => prompt.state !== 'seen');
}

/** A front end asks again within seconds, so the latest few are enough. */
const keysKept = 50;

function keysWith(keys: readonly string[] | undefined, key: string | undefined): readonly string[] | undefined {
  return key === undefined ? keys : [...(keys ?? []), key].slice(-keysKept);
}

const saidLimit = 100;

function noteOf({ breakpoint, answer, by, key }: Data<'breakpoint.resolved'>): Answered {
  const words = Object.values(answer.answers ?? {}).join('; ');
  return { breakpoint, by, said: oneLine(words === '' ? answer.choice : words, saidLimit), ...defined({ key }) };
}

const notesKept = 50;
const aboutLimit = 100;

/** One more turn in the list; `prompt` is undefined where the agent woke by itself. */
function noted({ turnNotes = [], prompts }: Session, n: number, at: number, prompt: number | undefined): TurnNote[] {
  const text = prompts.find((each) => each.n === prompt)?.text;
  const about = text === undefined ? {} : { about: oneLine(text, aboutLimit) };
  return [...turnNotes, { n, ...about, startedAt: at }].slice(-notesKept);
}

/** A turn can end without having been seen to begin. */
function concluded({ turnNotes = [] }: Session, n: number, at: number, outcome: TurnOutcome): TurnNote[] {
  const known = turnNotes.some((note) => note.n === n) ? turnNotes : [...turnNotes, { n, startedAt: at }];
  return known.map((note) => (note.n === n ? { ...note, endedAt: at, outcome } : note)).slice(-notesKept);
}

function advanced(session: Session, offset: number | undefined): Session {
  return offset === undefined || offset <= session.streamOffset ? session : { ...session, streamOffset: offset };
}

/** A person is asked about this very use: then the answer is about it. */
function askedAbout(session: Session, request: Breakpoint['request']): Session {
  if (session.dangers === undefined || request?.tool === undefined || request.input === undefined) return session;
  const key = useKey(request.tool, request.input);
  return { ...session, dangers: session.dangers.map((each) => (each.key === key ? { ...each, asked: true } : each)) };
}

/** The turn's clock stands still from the first open breakpoint …; between turns it is the judging of the last one that waits. */
function held(session: Session, at: number): Session {
  const { turn, lastTurn } = session;
  if (turn === undefined)
    return lastTurn === undefined ? session : { ...session, lastTurn: { ...lastTurn, held: true } };
  return turn.heldSince === undefined ? { ...session, turn: { ...turn, heldSince: at } } : session;
}

/** … until none is open. */
function released(session: Session, at: number): Session {
  const { turn } = session;
  if (turn?.heldSince === undefined || openBreakpoints(session).length > 0) return session;
  const { heldSince, ...rest } = turn;
  return { ...session, turn: { ...rest, heldMs: turn.heldMs + Math.max(0, at - heldSince) } };
}

/** When the model's service takes work again that it put off at `at`. */
function retryOf({ retryAt, retryAfterS }: Data<'turn.ended'>, at: number): { readonly retryAt?: number } {
  const then = retryAt ?? (retryAfterS === undefined ? undefined : at + retryAfterS * 1000);
  return then === undefined ? {} : { retryAt: then };
}

/** A turn that the engine concluded from the end of a process tells nothing of a conversation, unless it was a success. */
function heard(session: Session, actor: Actor, outcome?: TurnOutcome): Session {
  return actor.startsWith('agent:') || outcome === 'success'
    ? patch(session, { conversed: true, rewound: undefined })
    : session;
}

/** A person's prompt is a fresh start; one of the supervisor is counted, and so is one after a turn that was cut off. */
function countedPrompt(session: Session, actor: Actor, { revival, afterWait }: Data<'prompt.added'>): Patch {
  if (afterWait === true) return {};
  if (revival === true) return { revivals: (session.revivals ?? 0) + 1 };
  if (actor === 'supervisor') return { automatic: (session.automatic ?? 0) + 1 };
  const { raised } = session;
  return {
    ...{ automatic: undefined, attempts: undefined, checkedAgain: undefined },
    // What is counted from the beginning of the session stays raised; its prompts are counted anew.
    raised: raised && { ...raised, attempts: 0 },
    stronger: undefined,
    dangers: undefined,
    revivals: undefined,
    putOff: undefined,
    unanswered: undefined,
  };
}

/** Up to where the stream was shown to breakpoints. */
function metAt(before: Met, { offset = 0, nth }: Data<'stop.met'>): Pick<Met, 'offset' | 'nth'> {
  if (offset < before.offset) return { offset: before.offset, ...defined({ nth: before.nth }) };
  return { offset, ...defined({ nth }) };
}

/** A wait for the model's service that gives way to one for a correction goes on record, and counts, again behind that. */
function withoutWait({ pausedUntil, putOff }: Session): number | undefined {
  return putOff === undefined || pausedUntil === undefined || pausedUntil.mistake === true ? putOff : putOff - 1;
}

const folds: { readonly [K in keyof Folded]: Fold<K> } = {
  'prompt.added': (session, event) => {
    const { actor, data } = event;
    return patch(session, {
      goal: data.prompt === 1 ? data.text : session.goal,
      pausedUntil: undefined,
      promptCount: Math.max(session.promptCount, data.prompt),
      promptKeys: keysWith(session.promptKeys, data.key),
      requester: data.requester ?? session.requester,
      ...countedPrompt(session, actor, data),
      prompts: [...unseen(session.prompts), { n: data.prompt, text: data.text, steer: data.steer, state: 'waiting' }],
      judgement: reduceJudgement(session.judgement, event),
    });
  },
  'session.queued': (session, { seq }) =>
    patch(session, { admission: 'waiting', place: seq, result: undefined, endedAt: undefined }),
  'session.admitted': (session, { at }) =>
    patch(session, {
      admission: 'admitted',
      place: undefined,
      result: undefined,
      endedAt: undefined,
      startedAt: session.startedAt ?? at,
      interruptedFor: undefined,
      vainRuns: undefined,
      // What ended in earlier stretches of work is not looked at again.
      ...(session.turns === 0 ? {} : { met: { ...(session.met ?? { prompt: 0, offset: 0 }), turn: session.turns } }),
    }),
  'worktree.ready': (session, { data }) =>
    patch(session, { worktree: data.worktree, holding: true, setUpDue: data.setUpDue }),
  'run.started': (session, { at, data }) => {
    const run: Run = {
      n: data.run,
      state: 'running',
      startedAt: at,
      record: data.record,
      offset: data.offset,
      inputs: data.inputs,
      closing: false,
      ...defined({ stronger: session.stronger, cwd: data.cwd, errorOffset: data.errorOffset }),
    };
    // A start that an engine before this one had announced may be confirmed while the session waits for its settings.
    const agentSession = data.agentSession ?? session.agentSession;
    return patch(advanced(session, data.offset), { run, agentSession, pausedUntil: undefined });
  },
  'run.doubted': (session, { data }) =>
    withRun(session, data.run, (run) => ({ ...run, state: 'unknown', why: data.why })),
  'run.confirmed': (session, { data }) =>
    withRun(session, data.run, ({ why: _, ...run }) => ({ ...run, state: 'running' })),
  'run.exited': (session, { data }) => {
    const vainRuns = isInVain(session) ? (session.vainRuns ?? 0) + 1 : undefined;
    return withRun(patch(session, { vainRuns }), data.run, (run) => ({
      ...run,
      state: data.gone === true ? 'gone' : 'exited',
      ...(data.code === undefined ? {} : { code: data.code }),
      ...(data.signal === undefined ? {} : { signal: data.signal }),
    }));
  },
  'agent.identified': (session, { data }) =>
    patch(advanced(session, data.offset), {
      agentSession: data.agentSession,
      model: data.model ?? session.model,
      agentVersion: data.version ?? session.agentVersion,
    }),
  'input.written': (session, { data }) => {
    const { what } = data;
    const numbered = withRun(session, data.run, (run) => ({
      ...run,
      inputs: Math.max(run.inputs, data.input),
      closing: run.closing || what.kind === 'close',
    }));
    switch (what.kind) {
      case 'prompt':
        // The agent may have shown it before its writing was on record.
        return withPrompt(numbered, what.prompt, (prompt) =>
          prompt.state === 'waiting' ? { ...prompt, state: 'written', run: data.run } : prompt,
        );
      case 'answer':
        return withBreakpoint(numbered, what.breakpoint, (breakpoint) => ({ ...breakpoint, written: true }));
      case 'interrupt':
        return patch(numbered, { interrupting: undefined });
      case 'close':
        return numbered;
    }
  },
  'turn.started': (session, { at, actor, data }) => {
    const { prompt } = data;
    const seen =
      prompt === undefined
        ? session
        : withPrompt(session, prompt, (each) => ({ ...each, state: 'seen', run: data.run }));
    return {
      ...advanced(heard(seen, actor), data.offset),
      turns: data.turn,
      turnNotes: noted(session, data.turn, at, prompt),
      turn: {
        n: data.turn,
        ...(prompt === undefined ? {} : { prompt }),
        run: data.run,
        startedAt: at,
        offset: data.offset,
        heldMs: 0,
      },
    };
  },
  'turn.ended': (session, { at, actor, data }) =>
    patch(advanced(heard(session, actor, data.outcome), data.offset), {
      turn: undefined,
      reserved: undefined,
      turnNotes: concluded(session, data.turn, at, data.outcome),
      interrupting: undefined,
      ...(data.outcome === 'success' ? { revivals: undefined } : {}),
      ...(data.outcome === 'rate-limited' ? {} : { putOff: undefined }),
      lastTurn: {
        n: data.turn,
        outcome: data.outcome,
        reason: data.reason,
        ...(data.text === undefined ? {} : { text: data.text }),
        usage: data.usage,
        denials: data.denials,
        ...defined({ checked: data.checked }),
        endedAt: at,
        workedMs: workedMs(session, at) ?? 0,
        offset: data.offset,
        ...retryOf(data, at),
      },
      // A turn that was cut off left the conversation somewhere that has no name.
      position: data.position,
      usage: addUsage(session.usage, data.usage),
      spells: withSpell(session.spells, at, amountsOf(data.usage)),
      ...(data.context === undefined ? {} : { context: data.context }),
      workedMs: (session.workedMs ?? 0) + (workedMs(session, at) ?? 0),
    }),
  'service.retried': (session, { data: { offset } }) => ({
    ...advanced(session, offset),
    attempts: withRetry(session.attempts ?? noAttempts),
    retriedAt: offset,
  }),
  'danger.seen': (session, { data: { session: _, offset, ...danger } }) => ({
    ...advanced(session, offset),
    dangers: [...(session.dangers ?? []), danger],
  }),
  'breakpoint.raised': (session, { at, data }) => ({
    ...askedAbout(advanced(held(session, at), data.offset), data.request),
    breakpoints: [
      ...session.breakpoints,
      {
        id: data.breakpoint,
        kind: data.kind,
        title: data.title,
        detail: data.detail,
        raisedAt: at,
        ...(data.request === undefined ? {} : { request: data.request }),
        ...(data.secrets === undefined ? {} : { secrets: data.secrets }),
        ...(data.findings === undefined ? {} : { findings: data.findings }),
        ...(data.about === undefined ? {} : { about: data.about }),
        ...(data.why === undefined ? {} : { why: data.why }),
      },
    ],
  }),
  'breakpoint.resolved': (session, { at, data }) => {
    const { answer } = data;
    const answered = withBreakpoint(session, data.breakpoint, (each) => ({ ...each, answer }));
    return released({ ...answered, answered: [...(session.answered ?? []), noteOf(data)].slice(-keysKept) }, at);
  },
  'breakpoint.closed': (session, { at, data }) => {
    const breakpoints = session.breakpoints.filter((each) => each.id !== data.breakpoint);
    return released({ ...advanced(session, data.offset), breakpoints }, at);
  },
  'session.cancelling': (session, { at, data }) => ({
    ...session,
    cancelling: { reason: data.reason, at, ...(data.error === undefined ? {} : { error: data.error }) },
  }),
  'session.interrupting': (session, { data }) =>
    patch(session, { interrupting: true, interruptedFor: data.error ?? session.interruptedFor }),
  'session.paused': (session, { data }) =>
    patch(session, {
      pausedUntil: { at: data.until, reason: data.reason, ...defined({ mistake: data.mistake }) },
      putOff: data.mistake === true ? withoutWait(session) : (session.putOff ?? 0) + 1,
    }),
  'session.resumed': (session) => patch(session, { pausedUntil: undefined }),
  'session.settled': (session, { at, data }) =>
    patch(session, {
      admission: 'idle',
      place: undefined,
      holding: false,
      cancelling: undefined,
      interrupting: undefined,
      pausedUntil: undefined,
      reserved: undefined,
      turn: undefined,
      breakpoints: [],
      dangers: undefined,
      prompts: [],
      seen: undefined,
      committed: afterSettling(session, data.changes),
      endedAt: at,
      result: {
        outcome: data.outcome,
        at,
        ...(data.text === undefined ? {} : { text: data.text }),
        ...(data.changes === undefined ? {} : { changes: data.changes }),
        ...(data.error === undefined ? {} : { error: data.error }),
      },
    }),
  'turn.committed': (session, { data: { turn, changes = session.committed?.changes } }) => ({
    ...session,
    committed: { turn, ...defined({ changes }) },
  }),
  'session.archived': (session) => (session.archived ? session : { ...session, archived: true }),
  'session.pushed': (session, { at, data: { remote, commit, error } }) => ({
    ...session,
    pushed: { remote, commit, at, ...(error === undefined ? {} : { error }) },
  }),
  'session.renamed': (session, { data }) => ({ ...session, task: { ...session.task, title: data.title } }),
  'session.removed': (session, { data }) => ({ ...session, archived: true, removal: data.removal }),
  'session.returned': (session, { data }) =>
    patch(session, { archived: false, removal: undefined, worktree: data.worktree ?? session.worktree }),
  ...checkpointFolds,
  ...landingFolds,
  ...supervisionFolds,
  'stop.met': (session, { data }) => {
    const { turn = 0, prompt = 0, end, also } = data;
    const before: Met = session.met ?? { turn: 0, prompt: 0, offset: 0 };
    return {
      ...(also === undefined ? session : withBreakpoint(session, also.breakpoint, (each) => withLine(each, also.line))),
      met: {
        ...{ turn: Math.max(before.turn, turn), prompt: Math.max(before.prompt, prompt) },
        ...metAt(before, data),
        ...defined({ end: end ?? before.end }),
      },
    };
  },
  'budget.reserved': (session, { data: { prompt, amounts } }) => ({ ...session, reserved: { prompt, amounts } }),
  'prompt.edited': (session, { data }) =>
    withPrompt(session, data.prompt, (prompt) =>
      prompt.state === 'waiting' ? { ...prompt, text: data.text } : prompt,
    ),
};

/** The session after the event; the same object when nothing changed. Events of other aggregates change nothing. */
export function reduceSession(session: Session | undefined, event: Recorded): Session | undefined {
  if (event.type === 'session.created') return session ?? created(event);
  if (event.type === 'session.restored') return session ?? event.data.entity;
  if (session === undefined || !Object.hasOwn(folds, event.type)) return session;
  // `folds` maps each type to a fold of that very type; the compiler cannot follow the correlation through the lookup.
  const fold = folds[event.type as keyof Folded] as Fold<keyof Folded>;
  return fold(session, event as Recorded<keyof Folded>);
}
