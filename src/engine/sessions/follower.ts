import type { AgentEvent } from '../../core/agent/events.ts';
import { defined } from '../../core/defined.ts';
import type { Actor, NewEvent } from '../../core/domain.ts';
import { CoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import { observe, observeExit, withAnnounced, type RunEnd } from '../../core/session/observe.ts';
import type { Run, Session } from '../../core/session/state.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { withHelp } from '../../core/supervision/commands.ts';
import { noPolicy, policyOf, type Policy } from '../../core/supervision/policy.ts';
import type { Agent, StreamReader } from '../../agents/agent.ts';
import type { Executor, RunRef, RunState } from '../../executors/executor.ts';
import type { Line } from '../../executors/lines.ts';
import { readRange } from '../../executors/read-range.ts';
import { fileSize, freeBytes } from '../../executors/space.ts';
import { agentQuestion, type AgentQuestion } from '../supervision/help.ts';
import { worktreeSeen } from '../../core/supervision/moments.ts';
import { ToolWatch, withStops, type Used } from '../supervision/stops.ts';
import { Activity } from './activity.ts';
import { engineActor, type SessionContext } from './context.ts';
import { graceMs } from './grace.ts';
import { monitorPlace, StreamMonitor } from './stream-monitor.ts';

const doubtRetryMs = 2000;
const watchMs = 5000;
const mebibyte = 2 ** 20;
const lastWordsBytes = 8192;

/** What is to be known of an event beside itself: a tool to look at, a question that was left for a person. */
interface Noticed {
  readonly used: Used | undefined;
  /** How many uses of tools its line told of before it. */
  readonly nth: number;
  readonly asked: AgentQuestion | undefined;
}

/** One event of a stream, with the byte at which its line ends. */
export interface Followed {
  readonly offset: number;
  readonly event: AgentEvent;
}

/**
 * Reads one run's output from its beginning to its end and journals what it means. It reads from the start of the run also
 * after a restart of the engine: that rebuilds the reader's state, and what is in the journal already is passed over.
 */
export class Follower {
  readonly run: number;
  readonly activity = new Activity();
  /**
   * Resolves when what the run had said by the time of the first look is on record, its end included; also when it cannot be
   * read.
   */
  readonly caughtUp: Promise<void>;
  #catchUp: () => void = () => undefined;
  readonly #context: SessionContext;
  readonly #session: string;
  readonly #agent: Agent;
  readonly #executor: Executor;
  readonly #ref: RunRef;
  readonly #reader: StreamReader;
  readonly #abort = new AbortController();
  readonly #changed: () => void;
  readonly #listeners = new Set<(events: readonly Followed[]) => void>();
  readonly #from: number;
  #offset: number;
  /** The last turn that was interrupted for want of space. */
  #interrupted: number | undefined;
  #monitor: StreamMonitor | undefined;
  readonly #tools: ToolWatch;
  #policy: Policy = noPolicy;

  constructor(
    context: SessionContext,
    session: Session,
    run: Run,
    agent: Agent,
    executor: Executor,
    changed: () => void,
  ) {
    this.#context = context;
    this.#session = session.id;
    this.run = run.n;
    this.#agent = agent;
    this.#executor = executor;
    // With what the journal says of its processes, a run whose folder was lost is not taken for one that never began.
    this.#ref = { ...run.record, ...context.runRef(session.id, run.n) };
    this.#reader = agent.reader(session.id);
    this.#changed = changed;
    this.#from = run.offset;
    this.#offset = run.offset;
    this.#tools = new ToolWatch(worktreeSeen({ ...session, run }));
    this.caughtUp = new Promise((resolve) => (this.#catchUp = resolve));
  }

  /** Ends with the run, or when disposed (the run then goes on unobserved). */
  async follow(): Promise<void> {
    const signal = AbortSignal.any([this.#abort.signal, this.#context.stopping]);
    const watch = setInterval(() => {
      this.#watch().catch((error: unknown) => {
        this.#context.log.warn('cannot watch a run', { session: this.#session, error });
      });
    }, watchMs);
    try {
      this.#monitor = await this.#makeMonitor();
      const found = await this.#executor.probe(this.#ref);
      await this.#confirm(found);
      let from = this.#from;
      for (;;) {
        const end = await this.#executor.tail(this.#ref, from, {
          onLines: (lines) => this.#take(lines),
          onIncomplete: ({ reason, offset }) => {
            this.activity.markIncomplete(`The stream was ${reason} at byte ${offset}.`);
          },
          onCaughtUp: () => {
            if (endOf(found) === undefined) this.#catchUp();
          },
          signal,
        });
        if (end.reason === 'aborted') return;
        from = end.offset;
        this.#offset = end.offset;
        if (await this.#settle(await this.#executor.probe(this.#ref), signal)) return;
      }
    } finally {
      clearInterval(watch);
      this.#catchUp();
      this.#reportChange();
    }
  }

  dispose(): void {
    this.#abort.abort();
  }

  /** Events of this run as they are read; front ends that follow a session listen here. */
  onEvents(listener: (events: readonly Followed[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get offset(): number {
    return this.#offset;
  }

  async #take(lines: readonly Line[]): Promise<void> {
    const commits: Promise<unknown>[] = [];
    const followed: Followed[] = [];
    const background = this.activity.background;
    for (const line of lines) {
      this.#offset = line.end;
      let uses = 0;
      for (const said of this.#reader.line(line.text, {
        offset: line.end,
        ...defined({ truncatedBytes: line.truncated, torn: line.torn }),
      })) {
        const seen = this.#monitor?.look(said) ?? said;
        this.activity.note(seen, this.#context.clock());
        followed.push({ offset: line.end, event: seen });
        // In order: what comes behind the end of a turn is not journalled before it.
        const asked = seen.kind === 'turn-ended' ? await this.#question() : undefined;
        const used = this.#tools.note(seen);
        const commit = this.#journal(seen, line.end, { used, nth: uses, asked });
        if (used !== undefined) uses += 1;
        // Awaited below with the others: one that fails before that is not an unhandled one.
        commit.catch(() => undefined);
        commits.push(commit);
      }
    }
    this.#emit(followed);
    await Promise.all(commits);
    if (background !== this.activity.background) this.#reportChange();
  }

  /** What the agent wants to be helped with. One that cannot be read holds nothing up. */
  async #question(): Promise<AgentQuestion | undefined> {
    try {
      return await agentQuestion(this.#context, this.#present());
    } catch (error) {
      this.#context.log.warn('a question of an agent cannot be read', { session: this.#session, error: String(error) });
      return undefined;
    }
  }

  async #journal(seen: AgentEvent, offset: number, { used, nth, asked }: Noticed): Promise<void> {
    const { store, newId } = this.#context;
    const actor: Actor = `agent:${this.#agent.id}`;
    const id = newId();
    const decide = (): readonly NewEvent[] => {
      const session = this.#present();
      const events = observe(session, seen, offset);
      if (asked !== undefined) return withHelp(session, events, { ...asked, id, by: actor });
      return used === undefined
        ? events
        : withStops(store, session, events, { used, policy: this.#policy, offset, nth, newId });
    };
    if (decide().length > 0) await store.commit(actor, decide);
    await asked?.taken();
  }

  #present(): Session {
    const { store } = this.#context;
    return withAnnounced(store.session(this.#session), store.intentsOf(this.#session));
  }

  /** True when the end of the run is on record. Nothing of the run is left then. */
  async #settle(state: RunState, signal: AbortSignal): Promise<boolean> {
    const { store } = this.#context;
    const end = endOf(state);
    const why = end === undefined ? doubtOf(state) : await this.#leftovers();
    if (end === undefined || why !== undefined) {
      await this.#doubt(state, why, signal);
      return signal.aborted;
    }
    const said = this.#reader.end({ ...end, ...defined({ stderr: await this.#lastWords() }) });
    const last = said.map((each) => this.#monitor?.look(each) ?? each);
    for (const seen of last) this.activity.note(seen, this.#context.clock());
    this.#emit(last.map((seen) => ({ offset: this.#offset, event: seen })));
    // The turn of an agent that is run once for each prompt ends with its process.
    const asked = last.some(({ kind }) => kind === 'turn-ended') ? await this.#question() : undefined;
    const id = this.#context.newId();
    await store.commit(engineActor, () => {
      const session = this.#present();
      if (session.run?.n !== this.run) return [];
      const events = observeExit(session, end, last, this.#offset);
      return asked === undefined ? events : withHelp(session, events, { ...asked, id, by: `agent:${this.#agent.id}` });
    });
    await asked?.taken();
    return true;
  }

  /** Ends what the agent left running: it could go on writing. Says so if something would not end. */
  async #leftovers(): Promise<string | undefined> {
    const grace = await graceMs(this.#context, this.#context.store.session(this.#session));
    const { left } = await this.#executor.stop(this.#ref, { graceMs: grace });
    if (left.length === 0) return undefined;
    return `${left.length} processes of it would not end (${left.map((each) => each.pid).join(', ')}): end them by hand.`;
  }

  /** The end of what the agent wrote as errors in this run: where some say why they do not start. */
  async #lastWords(): Promise<string | undefined> {
    const size = await fileSize(this.#ref.stderrPath);
    const from = this.#present().run?.errorOffset ?? 0;
    if (size <= from) return undefined;
    const { lines } = await readRange(this.#ref.stderrPath, Math.max(from, size - lastWordsBytes), { withTorn: true });
    return lines.map((line) => line.text).join('\n');
  }

  /** The stream has ended and nobody can tell how the run is: said as such, and asked again. */
  async #doubt(state: RunState, why: string | undefined, signal: AbortSignal): Promise<void> {
    const { store } = this.#context;
    if (why !== undefined && store.session(this.#session).run?.state !== 'unknown') {
      await store.commit(engineActor, () => [event('run.doubted', { session: this.#session, run: this.run, why })]);
    }
    await this.#confirm(state);
    await pause(doubtRetryMs, signal);
  }

  /** A run that was doubted and is seen alive is known again. */
  async #confirm(state: RunState): Promise<void> {
    const { store } = this.#context;
    if (state.state !== 'running' || store.session(this.#session).run?.state !== 'unknown') return;
    await store.commit(engineActor, () => [event('run.confirmed', { session: this.#session, run: this.run })]);
  }

  #emit(events: readonly Followed[]): void {
    if (events.length === 0) return;
    for (const listener of this.#listeners) listener(events);
  }

  #reportChange(): void {
    this.#changed();
  }

  async #makeMonitor(): Promise<StreamMonitor | undefined> {
    const { store } = this.#context;
    const session = store.session(this.#session);
    const worktrees = store.all('worktree').map(({ path }) => path);
    const settings = await this.#context.settings(session).catch((error: unknown) => {
      this.#context.log.warn('the monitor goes by default settings', { session: this.#session, error });
      return undefined;
    });
    if (settings !== undefined) this.#policy = policyOf(settings);
    const place = monitorPlace(session, settings, worktrees);
    const gates = session.supervision?.gates.map(({ command }) => command);
    return place === undefined ? undefined : new StreamMonitor(place, this.activity, gates);
  }

  async #watch(): Promise<void> {
    const session = this.#context.store.session(this.#session);
    const settings = await this.#context.settings(session);
    this.#policy = policyOf(settings);
    this.#monitor?.listen(session, this.#context.clock(), settings['monitor.silenceSeconds'] * 1000);
    await this.#checkSpace(settings);
    await this.#context.workplace.keepStash(session);
  }

  /** A full disk loses output without an error (executors.md §5), so free space is watched and a loss is said before it happens. */
  async #checkSpace(settings: Settings): Promise<void> {
    const { store } = this.#context;
    const { turn, interrupting } = store.session(this.#session);
    if (turn === undefined || turn.n === this.#interrupted || interrupting === true) return;
    const longest = settings['session.maxStreamMegabytes'] * mebibyte;
    const free = await freeBytes(this.#ref.directory);
    const short = free < settings['session.minFreeMegabytes'] * mebibyte;
    const long = this.#offset > longest;
    if (!short && !long) return;
    this.#interrupted = turn.n;
    const error = short ? noSpace(Math.floor(free / mebibyte)) : tooMuchOutput(settings['session.maxStreamMegabytes']);
    this.activity.warn('critical', `${error.message} The turn is being interrupted so that nothing is lost.`);
    if (short) this.activity.markIncomplete(error.message);
    await store.commit(engineActor, () => {
      const present = store.session(this.#session);
      const isUnderWay = present.turn?.n === turn.n && present.interrupting !== true;
      return isUnderWay ? [event('session.interrupting', { session: this.#session, error: error.toRecord() })] : [];
    });
    this.#reportChange();
  }
}

function noSpace(megabytes: number): CoppiceError {
  return new CoppiceError(
    'disk-full',
    `Only ${megabytes} MiB are free on the disk of the session's output.`,
    'Free some space, then continue the session; `session.minFreeMegabytes` says how much is wanted.',
  );
}

function tooMuchOutput(megabytes: number): CoppiceError {
  return new CoppiceError(
    'agent-unusable',
    `The session has printed more than ${megabytes} MiB.`,
    'See what it prints, then continue the session, or raise `session.maxStreamMegabytes`.',
  );
}

function doubtOf(state: RunState): string | undefined {
  return state.state === 'unknown' ? state.reason : undefined;
}

function endOf(state: RunState): RunEnd | undefined {
  switch (state.state) {
    case 'exited':
      return {
        ...(state.code === undefined ? {} : { code: state.code }),
        ...(state.signal === undefined ? {} : { signal: state.signal }),
      };
    case 'gone':
    case 'not-started':
      return { gone: true };
    case 'running':
    case 'unknown':
      return undefined;
  }
}

/** Waits, or ends early when aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
