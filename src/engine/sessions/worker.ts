import { type CoppiceError, isCoppiceError, toErrorRecord } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import { nextStep, type Live, type Step } from '../../core/session/next.ts';
import { waitsForCorrection } from '../../core/session/put-off.ts';
import { isAtRest, isLive, isSettled } from '../../core/session/status.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { isMistakeInFile } from '../config/config.ts';
import { isLimited } from '../../core/supervision/levels.ts';
import type { Session } from '../../core/session/state.ts';
import type { Agent } from '../../agents/agent.ts';
import { lostAgent } from '../../agents/lost.ts';
import { Activity, type ActivityView } from './activity.ts';
import { takeDue } from './checkpoint.ts';
import { commitTurn } from './commit.ts';
import { engineActor, type SessionContext } from './context.ts';
import { Follower, pause } from './follower.ts';
import { graceMs } from './grace.ts';
import { recoverInputs, writeInput } from './inputs.ts';
import { silence, timeBox } from './limits.ts';
import { levelLimits } from '../supervision/reserve-step.ts';
import { armedStops } from '../supervision/stops.ts';
import { isSupervising, superviseStep } from '../supervision/supervise.ts';
import { prepare } from './prepare.ts';
import { isOfWait, waitOf, waitStep } from './put-off.ts';
import { isAway, pauseAfter, Reach, retryMs } from './reach.ts';
import { restore } from './restore.ts';
import { revive } from './revive.ts';
import { settle } from './settle.ts';
import { SteadyTime } from './steady-time.ts';
import { abandon, confirmEnded, openSpawn, startRun } from './start.ts';
import { cancelled, endUnconfirmed, lostSight } from './unconfirmed.ts';

/** Pause before settings that could not be used are read again. */
const correctionMs = 1000;
/** A start that cannot be told is asked again this often, then the session fails and says so. */
const startTries = 30;
/** `setTimeout` takes no more. */
const longestTimerMs = 2 ** 31 - 1;
/** Longest wait for what a found agent has said, so that one that never pauses can be stopped all the same. */
const catchUpMs = 10_000;
/** Time that a cancelled turn has to end by itself, so that its usage is known. */
const politeMs = 2000;

/**
 * Carries out what `core` decides for one session, one step at a time. It holds nothing that a later engine would need: the
 * journal and the run's files are enough to go on from wherever this one stops.
 */
export class Worker {
  readonly #context: SessionContext;
  readonly #session: string;
  readonly #done: () => void;
  #follower: Follower | undefined;
  #following: Promise<void> = Promise.resolve();
  #working: Promise<void> | undefined;
  #again = false;
  /** `done` was called: whoever wakes the session from there on wakes another worker. */
  #over = false;
  #doubtfulStarts = 0;
  /** The mistake in the settings for whose correction it waits, as it was told. */
  #mistake: string | undefined;
  readonly #reach: Reach;
  #limitTimer: NodeJS.Timeout | undefined;
  readonly #time: SteadyTime;
  /** Where a run could not be followed last, and how often in a row before that. */
  #lostAt = { run: 0, offset: 0, times: 0 };
  /** A run that takes no more input and whose end was not read yet. */
  #deaf: number | undefined;

  /** `done` is called when the session has settled and nothing of it is followed any more. */
  constructor(context: SessionContext, session: string, done: () => void) {
    this.#context = context;
    this.#session = session;
    this.#reach = new Reach(context, session);
    this.#done = done;
    this.#time = new SteadyTime(() => context.clock());
  }

  /** Something may have changed. Never waits, never throws. */
  wake(): void {
    if (this.#over || this.#context.stopping.aborted) return;
    if (this.#working !== undefined) {
      this.#again = true;
      return;
    }
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
      if (this.#again) {
        this.#again = false;
        this.wake();
      }
    });
  }

  /** Resolves when nothing of this worker runs any more; call it after `stopping` was aborted. */
  async stopped(): Promise<void> {
    clearTimeout(this.#limitTimer);
    this.#follower?.dispose();
    await this.#working;
    await this.#following;
  }

  /** What is wrong with a settings file, while the session waits for its correction. */
  get mistake(): string | undefined {
    return this.#mistake;
  }

  get follower(): Follower | undefined {
    return this.#follower;
  }

  activity(): ActivityView {
    return (this.#follower?.activity ?? new Activity()).view();
  }

  async #work(): Promise<void> {
    const { store, log, stopping } = this.#context;
    try {
      await this.#recover();
      await this.#catchUp();
      while (!stopping.aborted) {
        this.#again = false;
        const session = store.session(this.#session);
        const agent = isSettled(session) ? undefined : await this.#agentOf(session);
        if (agent !== undefined) this.#follow(session, agent);
        const settings = agent === undefined ? undefined : await this.#context.settings(session);
        this.#mistake = undefined;
        const step = nextStep(session, this.#live(session, agent, settings));
        if (settings !== undefined) this.#watchLimits(session, settings);
        if (step.do === 'wait') {
          if (isAtRest(session)) this.#end();
          return;
        }
        if (!(await this.#attempt(session, step))) return;
      }
    } catch (error) {
      if (stopping.aborted || store.state.readOnlyReason !== undefined) return;
      if (isMistakeInFile(error) && store.session(this.#session).cancelling === undefined) {
        await this.#awaitCorrection(error);
        return;
      }
      log.error('a session cannot be carried on', { session: this.#session, error: describe(error) });
      await this.#giveUp(error);
    }
  }

  /** A mistake in the settings ends nothing: the session says what is wrong, and goes on when they can be used again. */
  async #awaitCorrection({ message }: CoppiceError): Promise<void> {
    const { store, log, stopping, clock } = this.#context;
    this.#again = true;
    try {
      const noted = await store.commit(engineActor, () =>
        waitsForCorrection(store.session(this.#session), message, clock()),
      );
      // One whose agent runs has no word for it: what it is to be told waits all the same.
      if (noted.length > 0 || this.#mistake !== message)
        log.warn('a session waits for its settings', { session: this.#session, error: message });
      this.#mistake = message;
    } catch (error) {
      log.error('that a session waits is not on record', { session: this.#session, error: describe(error) });
    }
    await pause(correctionMs, stopping);
  }

  /** An agent that is not known any more can be ended all the same. */
  async #agentOf(session: Session): Promise<Agent> {
    try {
      return await this.#context.agent(session);
    } catch (error) {
      const gone = isCoppiceError(error, 'agent-missing') || isCoppiceError(error, 'agent-unusable');
      if (session.cancelling === undefined || !gone) throw error;
      return lostAgent(session.agent);
    }
  }

  /** Nothing of this worker wakes it again: its timer may be one of a wait that was cut short. */
  #end(): void {
    this.#over = true;
    clearTimeout(this.#limitTimer);
    this.#done();
  }

  #live(session: Session, agent: Agent | undefined, settings: Settings | undefined): Live {
    const deaf = session.run !== undefined && session.run.n === this.#deaf;
    return {
      duplex: agent?.capabilities.duplex === true && !deaf,
      steerable: agent?.capabilities.steer === true,
      background: this.#follower?.activity.background ?? 0,
      commits: settings?.[`session.autoCommit.${session.mode}`] === true && !this.#branchIsTheirs(session),
      budgeted: settings !== undefined && isLimited(levelLimits(settings)),
      armed: armedStops(this.#context.store, session).length > 0,
      over: (waitOf(session, this.#context.clock()) ?? 0) <= 0,
      restarts: agent === undefined || this.#wasStopped(session) ? 0 : settings?.['session.restarts'],
    };
  }

  /** The agent has the branch in a git of its own, which learns of ours at its next start only: until then the branch stays. */
  #branchIsTheirs(session: Session): boolean {
    const { tree, shared } = this.#context.executor(session);
    return isLive(session) && (tree !== undefined || shared !== undefined);
  }

  /** Who stops a container means it; what is killed inside of one, mostly for want of memory, goes on. */
  #wasStopped(session: Session): boolean {
    if (session.run?.signal !== 'SIGTERM') return false;
    return this.#context.executor(session).capabilities.isolation === 'container';
  }

  /** No process of the agent can be changing files, as far as anybody knows. */
  #isQuiet(session: Session): boolean {
    return !isLive(session) || (session.turn === undefined && (this.#follower?.activity.background ?? 0) === 0);
  }

  /** Wakes the worker when the first limit of the run can be over, and ends a run that is over one. */
  #watchLimits(session: Session, settings: Settings): void {
    clearTimeout(this.#limitTimer);
    const wait = waitOf(session, this.#context.clock());
    if (wait !== undefined) this.#wakeIn(wait);
    if (!isLive(session) || session.cancelling !== undefined) return;
    const now = this.#time.now(`${session.run?.n ?? 0} ${session.turn?.n ?? 0}`);
    const limits = [silence(session, this.#follower?.offset, settings, now), timeBox(session, settings, now)];
    const over = limits.find((limit) => limit !== undefined && limit.leftMs <= 0);
    if (over !== undefined) {
      const expired = event('session.cancelling', {
        session: session.id,
        reason: over.name,
        error: over.error.toRecord(),
      });
      this.#context.store
        .commit(engineActor, () => [expired])
        .catch((cause: unknown) => {
          this.#context.log.error('cannot end a run that is over its limit', {
            session: session.id,
            error: describe(cause),
          });
        });
      return;
    }
    const left = Math.min(...limits.map((limit) => limit?.leftMs ?? Infinity));
    if (left === Infinity) return;
    this.#wakeIn(left);
  }

  #wakeIn(ms: number): void {
    this.#limitTimer = setTimeout(() => this.wake(), Math.min(Math.max(ms, 0) + 1, longestTimerMs));
    this.#limitTimer.unref();
  }

  /** True when the next step can be decided at once. */
  async #attempt(session: Session, step: Exclude<Step, { do: 'wait' }>): Promise<boolean> {
    if (isSupervising(step)) {
      await superviseStep(this.#context, session, step, this.#heard());
      return true;
    }
    if (isOfWait(step)) {
      await waitStep(this.#context, session, step);
      return true;
    }
    switch (step.do) {
      case 'prepare':
        await prepare(this.#context, session);
        return true;
      case 'checkpoint':
        await takeDue(this.#context, session, step.due, this.#isQuiet(session));
        return true;
      case 'commit':
        await commitTurn(this.#context, session, step.turn);
        return true;
      case 'restore':
        await restore(this.#context, session);
        return true;
      case 'revive':
        await revive(this.#context, session, step);
        return true;
      case 'start':
        return this.#start(session, step.prompt);
      case 'feed':
        return this.#reach.whenThere(() => this.#write(session, { kind: 'prompt', prompt: step.prompt }));
      case 'answer':
        return this.#reach.whenThere(() => this.#write(session, { kind: 'answer', breakpoint: step.breakpoint }));
      case 'interrupt':
      case 'close':
        return this.#reach.whenThere(() => this.#write(session, { kind: step.do }));
      case 'stop':
        return this.#reach.whenThere(() => this.#stop(session));
      case 'settle':
        await this.#following;
        await settle(this.#context, this.#context.store.session(session.id));
        return true;
    }
  }

  /** How the output of the last turn came, as far as this engine read it. */
  #heard(): { incomplete: boolean; malformedLines: number } {
    const activity = this.#follower?.activity;
    return { incomplete: activity?.view().incomplete !== undefined, malformedLines: activity?.malformed ?? 0 };
  }

  async #start(session: Session, prompt: number): Promise<boolean> {
    this.#deaf = undefined;
    try {
      return await startRun(this.#context, session, prompt);
    } catch (error) {
      if (!isCoppiceError(error, 'unknown-outcome')) throw error;
      this.#context.log.warn('cannot tell whether the agent was started', {
        session: session.id,
        error: error.message,
      });
      // It did begin, and is over: then it had its turn, and its end is read like any other.
      if (await confirmEnded(this.#context, session, prompt)) return true;
      // A host that is away tells nothing however often it is asked.
      if (!isAway(error.cause)) this.#doubtfulStarts += 1;
      if (this.#doubtfulStarts > startTries) throw error;
      await pause(retryMs, this.#context.stopping);
      return true;
    }
  }

  async #write(session: Session, what: Parameters<typeof writeInput>[2]): Promise<boolean> {
    if (await writeInput(this.#context, session, what)) return true;
    this.#deaf = session.run?.n;
    return true;
  }

  async #stop(session: Session): Promise<boolean> {
    const { store, stopping } = this.#context;
    const run = session.run;
    if (run === undefined) return true;
    const grace = await graceMs(this.#context, session);
    if (session.turn !== undefined && !run.closing && (await this.#listens(session))) {
      await writeInput(this.#context, session, { kind: 'interrupt' });
      const until = performance.now() + politeMs;
      while (performance.now() < until && store.session(session.id).turn !== undefined && !stopping.aborted)
        await pause(50, stopping);
    }
    const report = await this.#context
      .executor(session)
      .stop(this.#context.runRef(session.id, run.n), { graceMs: grace });
    this.#context.log.info('stopped', { session: session.id, signal: report.signal, killed: report.killed.length });
    await Promise.race([this.#following, pause(politeMs, stopping)]);
    const after = store.session(session.id);
    if (!isLive(after)) return true;
    await pause(retryMs, stopping);
    return true;
  }

  /** Whether the agent can be asked to end its turn; one that cannot be had is stopped unasked. */
  async #listens(session: Session): Promise<boolean> {
    const agent = await this.#agentOf(session).catch(() => undefined);
    return agent?.capabilities.duplex === true && agent.capabilities.interrupt;
  }

  /** Reads the present run, if it lives and is not being read. */
  #follow(session: Session, agent: Agent): void {
    const { run } = session;
    if (run === undefined || !isLive(session) || this.#follower?.run === run.n) return;
    const follower = new Follower(this.#context, session, run, agent, this.#context.executor(session), () =>
      this.wake(),
    );
    this.#follower = follower;
    this.#following = follower
      .follow()
      .catch((error: unknown) => this.#lost(follower, error))
      .finally(() => this.wake());
  }

  /** Output that cannot be read is doubt about the run, never its end. It is followed again later, each time in vain later still. */
  async #lost(follower: Follower, error: unknown): Promise<void> {
    const { store, log, stopping } = this.#context;
    const { run, offset } = follower;
    log.error('cannot follow a run', { session: this.#session, run, error: describe(error) });
    const { run: before, offset: reached, times } = this.#lostAt;
    this.#lostAt = { run, offset, times: run === before && offset <= reached ? times + 1 : 0 };
    try {
      if (stopping.aborted || store.state.readOnlyReason !== undefined) return;
      await store.commit(engineActor, () => {
        const present = store.session(this.#session).run;
        if (present?.n !== run || present.state !== 'running') return [];
        return [event('run.doubted', { session: this.#session, run, why: describe(error) })];
      });
      await pauseAfter(this.#lostAt.times, stopping);
    } catch (cause) {
      log.error('that a run cannot be followed is not on record', { session: this.#session, error: describe(cause) });
    } finally {
      // Not before: the record wakes this worker at once, and it would follow it again at once.
      if (this.#follower === follower) this.#follower = undefined;
    }
  }

  /** What the agent said while no engine was there is read before anything new is decided. */
  async #catchUp(): Promise<void> {
    const { store, stopping } = this.#context;
    const session = store.session(this.#session);
    if (isSettled(session) || !isLive(session) || this.#follower?.run === session.run?.n) return;
    this.#follow(session, await this.#agentOf(session));
    await Promise.race([this.#follower?.caughtUp, pause(catchUpMs, stopping)]);
  }

  /** What an earlier engine announced and did not confirm is settled first. */
  async #recover(): Promise<void> {
    const { store } = this.#context;
    const session = store.session(this.#session);
    if (store.intentsOf(session.id).length === 0) return;
    await this.#reach.whenThere(async () => {
      await recoverInputs({ ...this.#context, agent: (each) => this.#agentOf(each) }, session);
      return true;
    });
    const open = openSpawn(this.#context, session);
    if (open === undefined) return;
    const ref = this.#context.runRef(session.id, open.spawn.run);
    const { state } = await this.#context.executor(session).probe(ref);
    // Never begun: nothing is lost by not beginning it, and the next start gets a number of its own.
    if (state === 'not-started' && session.cancelling !== undefined) {
      await abandon(this.#context, session, cancelled);
      return;
    }
    const prompt = session.prompts.find((each) => each.state === 'waiting');
    if (prompt === undefined) return;
    const known = await this.#context.agent(session).catch(() => undefined);
    if (known === undefined && session.cancelling !== undefined) await this.#endUnconfirmed(session, prompt.n);
    // Starting again in the same run directory returns the run that is there.
    else await this.#start(session, prompt.n);
  }

  /** An agent that may run and cannot be had any more is not found by starting it again: it is ended where it is. */
  async #endUnconfirmed(session: Session, prompt: number): Promise<void> {
    const context = { ...this.#context, agent: (each: Session) => this.#agentOf(each) };
    const isOpen = async (): Promise<boolean> => {
      if (await endUnconfirmed(context, session, prompt)) return false;
      this.#doubtfulStarts += 1;
      if (this.#doubtfulStarts > startTries) throw lostSight;
      await pause(retryMs, context.stopping);
      return true;
    };
    while (!context.stopping.aborted && (await this.#reach.whenThere(isOpen)));
  }

  /** Fails the session, keeping what it made, once its agent has ended; if even that fails it is tried again later. */
  async #giveUp(error: unknown): Promise<void> {
    const { store, log, stopping } = this.#context;
    const session = store.session(this.#session);
    if (isSettled(session)) return;
    try {
      if (isLive(session) || openSpawn(this.#context, session) !== undefined) await this.#endAgent(session, error);
      const present = store.session(this.#session);
      // Its worktree is given to nobody else while it may write there: the step `stop` goes on, and settles it then.
      if (!isLive(present)) await settle(this.#context, present, error);
      this.#again = true;
    } catch (again) {
      log.error('a session cannot be settled yet', { session: this.#session, error: describe(again) });
      await pause(retryMs * 5, stopping);
      this.#again = true;
    }
  }

  /** Asks the agent of a session that has failed to end; why it has failed is on record first. */
  async #endAgent(session: Session, error: unknown): Promise<void> {
    if (session.cancelling === undefined) {
      // A mistake in a file is corrected, and the session then goes on.
      await Promise.all([this.#context.settings(session), this.#context.agent(session)]);
      const failed = event('session.cancelling', {
        ...{ session: session.id, reason: 'it cannot be carried on', error: toErrorRecord(error) },
      });
      await this.#context.store.commit(engineActor, () =>
        this.#context.store.session(session.id).cancelling === undefined ? [failed] : [],
      );
    }
    const present = this.#context.store.session(session.id);
    const prompt = present.prompts.find((each) => each.state === 'waiting');
    if (openSpawn(this.#context, session) === undefined || prompt === undefined) await this.#stop(present);
    else await this.#endUnconfirmed(present, prompt.n);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
