import type { Answer, AgentRequest, TurnOutcome } from '../agent/events.ts';
import type { ContextFill, Usage } from '../agent/usage.ts';
import type { ErrorRecord } from '../errors.ts';
import type { Finding } from '../supervision/finding.ts';
import type {
  BreakpointKind,
  ChangeSummary,
  DecisionAbout,
  Mode,
  Place,
  Priority,
  Removal,
  Result,
  Session,
} from './state.ts';

/**
 * What can happen to a session. `session` is always its id. An event that completes an effect names its `intent`, which
 * closes it (see `intent/`). Offsets are bytes of the session's stream.
 */
export interface SessionEvents {
  'session.created': {
    session: string;
    task: { id: string; uuid: string; title: string };
    mode: Mode;
    agent: string;
    agentOptions: Record<string, unknown>;
    executor: string;
    priority: Priority;
    labels?: string[];
    parent?: string;
    stage?: string;
    repository: { id: string; root: string };
    request: { name?: string; worktree?: string; base?: string; from?: string };
    requester: Requester;
  };
  'prompt.added': {
    session: string;
    prompt: number;
    text: string;
    steer: boolean;
    /** The shell that gave it, when it is not the one that made the session. */
    requester?: Requester;
    /** What its front end calls it, so that it can be sent again when no answer came. */
    key?: string;
    /** The judged turn from which it follows, where that was decided earlier. */
    turn?: number;
    /** The agent is started again with it, because something outside had ended it. */
    revival?: boolean;
    /** The wait is over that the model's service had asked for. */
    afterWait?: boolean;
  };
  /** Joins the queue. Sessions whose mode never waits are admitted in the same breath. */
  'session.queued': { session: string };
  'session.admitted': { session: string };
  'worktree.ready': {
    session: string;
    worktree: Place;
    repository: string;
    intent?: string;
    /** Its set-up commands have not been through. */
    setUpDue?: true;
  };
  'run.started': {
    session: string;
    run: number;
    offset: number;
    /** Byte of what the session's agents wrote as errors where this run begins. */
    errorOffset?: number;
    agentSession?: string;
    record: Record<string, unknown>;
    /** Inputs that the agent got with its start. */
    inputs: number;
    intent: string;
    /** The path under which the agent sees the worktree, where that is another one. */
    cwd?: string;
  };
  /** The state of the agent's process cannot be told; shown as unknown until it can. */
  'run.doubted': { session: string; run: number; why: string };
  'run.confirmed': { session: string; run: number };
  'run.exited': { session: string; run: number; code?: number; signal?: string; gone?: boolean };
  'agent.identified': { session: string; agentSession: string; model?: string; version?: string; offset: number };
  'input.written': {
    session: string;
    run: number;
    input: number;
    what: InputPurpose;
    intent: string;
  };
  'turn.started': { session: string; turn: number; prompt?: number; run: number; offset: number };
  'turn.ended': {
    session: string;
    turn: number;
    outcome: TurnOutcome;
    reason: string;
    text?: string;
    /** The agent's own name of the place in the conversation. */
    position?: string;
    usage: Usage;
    context?: ContextFill;
    denials: number;
    /** The last check that the agent ran, passed, with no change after it. */
    checked?: string;
    offset: number;
    /** The model's service takes work again after these seconds, or at that time, milliseconds since 1970. */
    retryAfterS?: number;
    retryAt?: number;
  };
  /** The agent asks the model's service once more, which did not answer. */
  'service.retried': { session: string; offset: number };
  /** An agent uses a tool for something dangerous; nobody can tell yet whether it asks before. */
  'danger.seen': {
    session: string;
    use: string;
    key: string;
    tool: string;
    turn: number;
    findings: readonly Finding[];
    offset: number;
  };
  'breakpoint.raised': {
    session: string;
    breakpoint: string;
    kind: BreakpointKind;
    title: string;
    detail: string;
    request?: AgentRequest;
    secrets?: string[];
    /** What is dangerous about what is asked. */
    findings?: readonly Finding[];
    about?: DecisionAbout;
    why?: string;
    offset?: number;
  };
  'breakpoint.resolved': {
    session: string;
    breakpoint: string;
    answer: Answer;
    by: string;
    /** What its front end calls it, so that it can be sent again when nothing came back. */
    key?: string;
  };
  'breakpoint.closed': { session: string; breakpoint: string; why: 'delivered' | 'withdrawn'; offset?: number };
  /** With `error` a limit ends the work, not a person: it then fails with that error. */
  'session.cancelling': { session: string; reason: string; error?: ErrorRecord };
  /** `error`: why, when nobody asked for it. */
  'session.interrupting': { session: string; error?: ErrorRecord };
  /**
   * The model's service puts it off `until` then, milliseconds since 1970; `reason` is for people. With `mistake` it waits for a
   * correction of the settings, whenever that comes; `until` is then the time at which that was seen.
   */
  'session.paused': { session: string; until: number; reason: string; mistake?: true };
  'session.resumed': { session: string };
  /** The end of a stretch of work: no process is left, the change is committed, the lease is given back. */
  'session.settled': {
    session: string;
    outcome: Result['outcome'];
    worktree?: string;
    text?: string;
    changes?: ChangeSummary;
    error?: ErrorRecord;
    intent?: string;
  };
  /** The change of a turn that others follow is on the branch; `changes` count from the base. Or `error` says why not. */
  'turn.committed': { session: string; turn: number; changes?: ChangeSummary; error?: ErrorRecord; intent?: string };
  'session.archived': { session: string };
  /** A commit of its branch is on the remote, or `error` says why not; that is a notice, and no failure of the session. */
  'session.pushed': { session: string; remote: string; branch: string; commit: string; error?: ErrorRecord };
  'session.renamed': { session: string; title: string };
  /** Out of sight, its worktree gone from disk; what that held is under `kept`, whole until `until` (milliseconds since 1970). */
  'session.removed': { session: string; removal: Removal; intent?: string };
  /** Brought back after its removal, with the worktree if it had one. */
  'session.returned': { session: string; repository: string; worktree?: Place; intent?: string };
  /** Brought back from its projected file after the journal was lost. */
  'session.restored': { session: string; entity: Session };
  /** A request that was refused; kept for the record, changes nothing. */
  'session.refused': { code: string; reason: string; repository?: string; mode?: string };
}

/** The shell that asked: its allow-listed environment, of secrets only the names. */
export interface Requester {
  readonly by: string;
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
}

/** What an input carries, by reference: its text is made again from the session, so that a repeat is identical. */
export type InputPurpose =
  | { readonly kind: 'prompt'; readonly prompt: number }
  | { readonly kind: 'answer'; readonly breakpoint: string }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'close' };
