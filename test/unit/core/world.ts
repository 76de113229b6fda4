import type { AgentEvent } from '../../../src/core/agent/events.ts';
import { noUsage } from '../../../src/core/agent/usage.ts';
import { coppiceDomain } from '../../../src/core/coppice-domain.ts';
import type { CheckpointRecord, Due } from '../../../src/core/checkpoint/state.ts';
import type { Actor, Entity, JournalRecord, NewEvent } from '../../../src/core/domain.ts';
import { event } from '../../../src/core/events.ts';
import type { Limits } from '../../../src/core/queue/policy.ts';
import { admissions, create, type Verdict } from '../../../src/core/session/commands.ts';
import { nextStep, type Live, type Step } from '../../../src/core/session/next.ts';
import { observe, observeExit, type RunEnd } from '../../../src/core/session/observe.ts';
import type { Mode, Priority, Session } from '../../../src/core/session/state.ts';

export const limits: Limits = { running: 3, reserved: 0, waiting: 10, labels: {} };
export const live: Live = { duplex: true, steerable: true, background: 0, commits: true };

/** A journal in memory with the real reducers: what `state/` does, without a disk. */
export class Ledger {
  readonly records: JournalRecord[] = [];
  private readonly entities = new Map<string, Entity>();

  append(events: readonly NewEvent[], actor: Actor = 'engine'): void {
    for (const each of events) {
      const data = JSON.parse(JSON.stringify(each.data)) as Record<string, unknown>;
      const seq = this.records.length + 1;
      const record: JournalRecord = { ...each, data, seq, at: 1000 * seq, actor, prev: '', hash: '' };
      this.records.push(record);
      this.fold(record);
    }
  }

  fold(record: JournalRecord): void {
    for (const ref of coppiceDomain.touches(record)) {
      const key = `${ref.kind} ${ref.id}`;
      const next = coppiceDomain.reduce(ref, this.entities.get(key), record);
      if (next === undefined) this.entities.delete(key);
      else this.entities.set(key, next);
    }
  }

  get(id: string): Session {
    const session = this.entities.get(`session ${id}`);
    if (session === undefined) throw new Error(`no session ${id}`);
    return session as unknown as Session;
  }

  entity(kind: string, id: string): Entity | undefined {
    return this.entities.get(`${kind} ${id}`);
  }

  sessions(): Session[] {
    return [...this.entities]
      .filter(([key]) => key.startsWith('session '))
      .map(([, each]) => each as unknown as Session);
  }

  state(): string {
    return JSON.stringify([...this.entities].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  replayed(): string {
    const other = new Ledger();
    for (const record of JSON.parse(JSON.stringify(this.records)) as JournalRecord[]) other.fold(record);
    return other.state();
  }
}

export function newSession(
  ledger: Ledger,
  id: string,
  options: { mode?: Mode; priority?: Priority; prompt?: string; labels?: string[]; limits?: Limits } = {},
): Verdict {
  const decision = create(
    ledger.sessions(),
    {
      session: id,
      task: { id: `coppice.${id}.0000000`, uuid: id, title: id },
      mode: options.mode ?? 'autonomous',
      agent: 'demo',
      agentOptions: {},
      executor: 'local',
      priority: options.priority ?? 'normal',
      ...(options.labels === undefined ? {} : { labels: options.labels }),
      repository: { id: 'r', root: '/r' },
      request: { name: id },
      requester: { by: 'user:test', env: {}, secrets: [], settings: {} },
    },
    options.prompt ?? 'do it',
    options.limits ?? limits,
  );
  ledger.append(decision.events);
  return decision.verdict;
}

/** A world of worktrees, processes and agents that carries out steps exactly, so that rules can be run to their end. */
export class World {
  readonly ledger = new Ledger();
  /** Prompts that an agent has really taken, as `session#prompt`. */
  readonly taken: string[] = [];
  /** Runs that were really started, as `session#run`. */
  readonly started: string[] = [];
  /** Checkpoints that were taken, as `session#kind`. */
  readonly kept: string[] = [];
  /** Turns that were committed, as `session#turn`. */
  readonly committed: string[] = [];
  /** What the engine's memory knows. */
  knows = live;
  private offset = 0;

  schedule(): void {
    this.ledger.append(admissions(this.ledger.sessions(), limits));
  }

  /** The next step, done. */
  exactStep(id: string): Step {
    const step = nextStep(this.ledger.get(id), this.knows);
    this.perform(id, step);
    return step;
  }

  /** The next step that is no checkpoint and no commit, done; those that come before it are made. */
  step(id: string): Step {
    for (;;) {
      const step = this.exactStep(id);
      if (step.do !== 'checkpoint' && step.do !== 'commit') return step;
    }
  }

  private perform(id: string, step: Step): void {
    const session = this.ledger.get(id);
    const intent = `i${this.ledger.records.length}`;
    switch (step.do) {
      case 'wait':
      case 'restore': // no test here asks for a rollback
      case 'meet': // nor sets breakpoints
      case 'revive': // the test of it does it
      case 'put-off': // and so do those of waits
      case 'go-on':
      case 'reserve': // nor has budgets of plans
      case 'validate': // nor has judges
      case 'gate':
      case 'review':
      case 'decide':
      case 'look':
      case 'conclude':
        return;
      case 'prepare': {
        const place = {
          path: `/w/${id}`,
          slug: id,
          branch: `feature/${id}`,
          base: 'main',
          baseCommit: '0',
          admin: '',
          common: '',
        };
        this.ledger.append([
          event('worktree.ready', { session: id, repository: 'r', worktree: { ...place, origin: 'created' } }),
          ...(session.checkpoint === undefined ? [this.checkpoint(session, { kind: 'session-start', prompt: 1 })] : []),
        ]);
        return;
      }
      case 'checkpoint':
        this.kept.push(`${id}#${step.due.kind}`);
        this.ledger.append([this.checkpoint(session, step.due)]);
        return;
      case 'commit':
        this.committed.push(`${id}#${step.turn}`);
        this.ledger.append([event('turn.committed', { session: id, turn: step.turn })]);
        return;
      case 'start': {
        const run = (session.run?.n ?? 0) + 1;
        this.started.push(`${id}#${run}`);
        this.ledger.append([
          event('intent.opened', { intent, session: id, effect: { kind: 'spawn', run, offset: this.offset } }),
          event('run.started', { session: id, run, offset: this.offset, record: {}, inputs: 0, intent }),
        ]);
        return;
      }
      case 'feed':
        this.input(session, { kind: 'prompt', prompt: step.prompt });
        return;
      case 'answer':
        this.input(session, { kind: 'answer', breakpoint: step.breakpoint });
        return;
      case 'interrupt':
        this.input(session, { kind: 'interrupt' });
        this.say(id, { kind: 'turn-ended', outcome: 'interrupted', reason: 'aborted', usage: noUsage, denials: 0 });
        return;
      case 'close':
        this.input(session, { kind: 'close' });
        this.exit(id, { code: 0 });
        return;
      case 'stop':
        this.exit(id, { signal: 'SIGTERM' });
        return;
      case 'settle':
        this.settle(session);
    }
  }

  private checkpoint(session: Session, due: Due | { kind: 'session-start'; prompt: number }): NewEvent {
    const n = (session.checkpoint?.n ?? -1) + 1;
    const checkpoint: CheckpointRecord = {
      turn: session.checkpoint?.turn ?? 0,
      ...(due.kind === 'named' ? { kind: due.kind, wish: due.wish.id } : due),
      ...{ n, tree: 't', commit: 'c', head: 'h', parent: n === 0 ? null : n - 1, changed: false, byPerson: false },
      conversation: { offset: session.streamOffset, prompts: session.promptCount, turns: session.turns },
      usage: session.usage,
      queue: { priority: session.priority },
    };
    return event('checkpoint.made', { session: session.id, checkpoint });
  }

  private input(session: Session, what: Parameters<typeof event<'input.written'>>[1]['what']): void {
    const intent = `i${this.ledger.records.length}`;
    const [run, input] = [session.run?.n ?? 0, (session.run?.inputs ?? 0) + 1];
    this.ledger.append([
      event('intent.opened', { intent, session: session.id, effect: { kind: 'input', run, input, what } }),
      event('input.written', { session: session.id, run, input, what, intent }),
    ]);
  }

  private settle(session: Session): void {
    const outcome =
      session.cancelling === undefined
        ? session.lastTurn?.outcome === 'success'
          ? 'reported'
          : session.lastTurn?.outcome === 'interrupted'
            ? 'interrupted'
            : 'failed'
        : 'cancelled';
    const worktree = session.worktree === undefined ? {} : { worktree: session.worktree.path };
    this.ledger.append([event('session.settled', { session: session.id, outcome, ...worktree })]);
  }

  /** The agent prints a line. */
  say(id: string, seen: AgentEvent): void {
    this.offset += 10;
    this.ledger.append(observe(this.ledger.get(id), seen, this.offset));
  }

  /** The agent takes the written prompt, if there is one. */
  take(id: string): void {
    const written = this.ledger.get(id).prompts.find((prompt) => prompt.state === 'written');
    if (written === undefined) return;
    this.taken.push(`${id}#${written.n}`);
    this.say(id, { kind: 'prompt-seen' });
  }

  finish(id: string): void {
    this.say(id, {
      kind: 'turn-ended',
      outcome: 'success',
      reason: 'completed',
      text: 'done',
      usage: { ...noUsage, outputTokens: 3 },
      context: { tokens: 30, window: 100 },
      denials: 0,
    });
  }

  exit(id: string, end: RunEnd, last: readonly AgentEvent[] = []): void {
    this.offset += 1;
    this.ledger.append(observeExit(this.ledger.get(id), end, last, this.offset));
  }
}
