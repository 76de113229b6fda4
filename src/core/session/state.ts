import type { Answer, AgentRequest, TurnOutcome } from '../agent/events.ts';
import type { ContextFill, Usage } from '../agent/usage.ts';
import type { Loss } from '../checkpoint/loss.ts';
import type { Coverage, Wish } from '../checkpoint/state.ts';
import type { Rewound } from '../restore/conversation.ts';
import type { Restored, Restoring } from '../restore/state.ts';
import type { ErrorRecord } from '../errors.ts';
import type { Attempts } from '../supervision/attempts.ts';
import type { Amounts } from '../supervision/budget.ts';
import type { Spell } from '../supervision/spells.ts';
import type { Finding } from '../supervision/finding.ts';
import type { Approval, Judgement, Supervision, Verifying } from '../supervision/judgement.ts';
import type { Unanswered } from '../supervision/unanswered.ts';
import type { Evidence } from '../landing/state.ts';
import type { Requester } from './events.ts';

export const modes = ['autonomous', 'dispatch', 'interactive', 'planning', 'orchestration'] as const;
export type Mode = (typeof modes)[number];

export const priorities = ['critical', 'high', 'normal'] as const;
export type Priority = (typeof priorities)[number];

/** Derived from events by `statusOf`, never set. */
export const statuses = [
  'queued',
  'preparing',
  'running',
  'needs-you',
  'paused',
  'interrupted',
  'reported',
  'verified',
  'accepted',
  'landed',
  'failed',
  'cancelled',
  'unknown',
] as const;
export type Status = (typeof statuses)[number];

/** Where a session works. `admin` is the worktree's own git directory, recorded when it was made and never re-read from `.git`. */
export interface Place {
  readonly path: string;
  readonly slug: string;
  readonly branch: string;
  readonly base: string;
  readonly baseCommit: string;
  readonly admin: string;
  readonly common: string;
  readonly origin: 'created' | 'adopted' | 'reused';
}

/** A prompt on its way: `waiting` → `written` (an input of a run) → `seen` (echo or effect observed). */
export interface Prompt {
  readonly n: number;
  readonly text: string;
  /** Interrupts the turn under way instead of waiting for its end. */
  readonly steer: boolean;
  readonly state: 'waiting' | 'written' | 'seen';
  readonly run?: number;
}

export type RunState = 'starting' | 'running' | 'exited' | 'gone' | 'unknown';

/** One process of the agent. `record` is the executor's own blob, handed back verbatim. */
export interface Run {
  readonly n: number;
  readonly state: RunState;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly record?: Readonly<Record<string, unknown>>;
  /** Byte of the session's stream where this run begins. */
  readonly offset: number;
  /** Byte of what the session's agents wrote as errors where this run begins; absent: at its beginning. */
  readonly errorOffset?: number;
  /** Highest input number given out. */
  readonly inputs: number;
  readonly closing: boolean;
  /** The path under which its agent sees the worktree, where that is another one: in a container, on another host. */
  readonly cwd?: string;
  /** The stronger model that it was started with. */
  readonly stronger?: string;
  readonly code?: number;
  readonly signal?: string;
  readonly why?: string;
}

/** The turn under way in the present run. Times are in milliseconds since 1970, offsets in bytes. */
export interface OpenTurn {
  readonly n: number;
  /** Absent when the agent woke by itself (a background job ended). */
  readonly prompt?: number;
  readonly run: number;
  readonly startedAt: number;
  /** Byte of the stream from which the turn can be read again. */
  readonly offset: number;
  /** Milliseconds for which the turn has waited for a person, and since when it waits. Not counted by the time box. */
  readonly heldMs: number;
  readonly heldSince?: number;
}

/**
 * How a turn ended. `reason` is the agent's own word, or ours when the agent could not give one; `endedAt` is in
 * milliseconds since 1970, `offset` in bytes; `denials` counts refused tools.
 */
export interface TurnEnd {
  readonly n: number;
  readonly outcome: TurnOutcome;
  readonly reason: string;
  readonly text?: string;
  readonly usage: Usage;
  readonly denials: number;
  /** The last check of the project that the agent itself ran, passed, with no change after it. */
  readonly checked?: string;
  readonly endedAt: number;
  /** Milliseconds for which the agent was at it, waiting for people not counted. */
  readonly workedMs?: number;
  /** A person was asked something between its end and the next turn. */
  readonly held?: true;
  /** End of the stream line that said so. */
  readonly offset: number;
  /** When the model's service takes work again that it put off, if it said so. Milliseconds since 1970. */
  readonly retryAt?: number;
}

/** A turn in a line of a list. Times are in milliseconds since 1970; `about` is the beginning of its prompt, on one line. */
export interface TurnNote {
  readonly n: number;
  readonly about?: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly outcome?: TurnOutcome;
}

/** What can hold a session: a request of the agent, something only a person can supply, or a decision that is a person's. */
export type BreakpointKind = AgentRequest['kind'] | 'credential' | 'decision';

/** What a `decision` is about: a judged turn, a limit that is reached, or a breakpoint that a person set (`hold`). */
export interface DecisionAbout {
  readonly turn?: number;
  readonly limit?: boolean;
  /** Nothing happens before it is answered. */
  readonly hold?: boolean;
  /** The prompt before which it holds. */
  readonly prompt?: number;
  /** The agent was interrupted for it. */
  readonly stopped?: boolean;
  /** The turn of the tool that it holds, of an agent that did not ask. */
  readonly during?: number;
  /** The level above the session whose limit is reached, and what it would have used: a raise counts from there. */
  readonly budget?: string;
  readonly above?: Amounts;
  /** So many files are gone since the turn began; `to` is the checkpoint of that time, which still has them. */
  readonly lost?: Loss & { readonly to: number };
}

/**
 * A dangerous use of a tool that was seen as it began. `use` is the agent's own id of it, `key` says what it was (see `useKey`);
 * `kept` that the files of that moment are kept or could not be, `asked` that its agent asked before it did it.
 */
export interface DangerSeen {
  readonly use: string;
  readonly key: string;
  readonly tool: string;
  readonly turn: number;
  readonly findings: readonly Finding[];
  readonly kept?: boolean;
  readonly asked?: boolean;
}

/**
 * How far the moments of a session were shown to breakpoints; `offset` in bytes of its stream, and `nth` the last use of a tool of the line
 * that ends there, from 0 (absent: all of them).
 */
export interface Met {
  readonly turn: number;
  readonly prompt: number;
  readonly offset: number;
  readonly nth?: number;
  /** The prompt after which the end of the work was shown to them, for its stage. */
  readonly end?: number;
}

/**
 * A reason why a session waits for a person, from the moment it was raised until its answer was delivered. `written`
 * says that the answer is an input of the run.
 */
export interface Breakpoint {
  readonly id: string;
  readonly kind: BreakpointKind;
  readonly title: string;
  readonly detail: string;
  readonly raisedAt: number;
  /** The agent's request, when one asked. */
  readonly request?: AgentRequest;
  /** Names of the secrets that are missing (`credential`). */
  readonly secrets?: readonly string[];
  /** What is dangerous about what is asked, most severe first; an answer to it is never remembered for others. */
  readonly findings?: readonly Finding[];
  /** What is to be decided (`decision`). */
  readonly about?: DecisionAbout;
  /** Why a person was asked, in a sentence. */
  readonly why?: string;
  /** What else was held and done already before the agent's interruption arrived; the first of it is named in `detail`. */
  readonly also?: number;
  /** Set once a person has answered; the breakpoint leaves the list when the answer is delivered. */
  readonly answer?: Answer;
  readonly written?: boolean;
  /** The files as they were before the answer are kept, or could not be. */
  readonly kept?: boolean;
}

/** An answer that a breakpoint got, remembered when the breakpoint has left the list: `said` is the choice, or the words, on one line. */
export interface Answered {
  readonly breakpoint: string;
  readonly by: string;
  readonly said: string;
  /** What its front end calls it. */
  readonly key?: string;
}

/**
 * What a session's worktree is against its base: the tree id is the evidence, the counts are for people. `commit` is
 * absent when the files were only compared.
 */
export interface ChangeSummary {
  readonly commit?: string;
  readonly tree: string;
  readonly files: number;
  readonly insertions: number;
  readonly deletions: number;
  /** Sentences about what of the worktree is not in it, or not as it stands there. */
  readonly remarks?: readonly string[];
}

/**
 * How a stretch of work ended, `at` in milliseconds since 1970. `text` is the agent's last word, `error` what broke.
 */
export interface Result {
  readonly outcome: 'reported' | 'failed' | 'interrupted' | 'cancelled';
  readonly at: number;
  readonly text?: string;
  readonly changes?: ChangeSummary;
  readonly error?: ErrorRecord;
}

/** Up to which turn nothing is left to commit, and the last commit that was made. */
export interface Committed {
  readonly turn: number;
  readonly changes?: ChangeSummary;
}

/** The last push of a session's branch, or why it failed; `at` in milliseconds since 1970. */
export interface Pushed {
  readonly remote: string;
  readonly commit: string;
  readonly at: number;
  readonly error?: ErrorRecord;
}

/** What a removed session left: the ref that keeps its work, and the id of its worktree in the trash. */
export interface Removal {
  /** Null when there was no worktree to keep. */
  readonly kept: string | null;
  readonly trash?: string;
  /** Milliseconds since 1970 until which the trash holds every file. */
  readonly until: number;
  readonly at: number;
}

/** A person's word that work may come home: it stands for the work up to a prompt, and for none after it. */
export interface Acceptance {
  readonly landing: string;
  /** Number of the latest prompt at that time. */
  readonly prompts: number;
  readonly landed: boolean;
}

/**
 * A session as its events make it: one agent, one task, one worktree. Times are in milliseconds since 1970, offsets in
 * bytes of the session's stream.
 */
export interface Session {
  readonly id: string;
  readonly task: { readonly id: string; readonly uuid: string; readonly title: string };
  readonly mode: Mode;
  readonly agent: string;
  readonly agentOptions: Readonly<Record<string, unknown>>;
  readonly executor: string;
  readonly priority: Priority;
  /** What it counts as where limits are, such as `area:auth` or `team:web`; none twice. */
  readonly labels?: readonly string[];
  readonly parent?: string;
  /** The stage of its parent's plan that it belongs to; sessions of one parent with one name are one stage. */
  readonly stage?: string;
  readonly repository: { readonly id: string; readonly root: string };
  /** What was asked for; `name` finds or names the worktree by convention (C-02); `from` is the checkout where the work starts when it is not the main one. */
  readonly request: {
    readonly name?: string;
    readonly worktree?: string;
    readonly base?: string;
    readonly from?: string;
  };
  /** Allow-listed environment of the requester's shell; of secrets only the names. */
  readonly requester: Requester;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** `waiting` in the queue at `place`, `admitted` to run, or `idle` with nothing to do. */
  readonly admission: 'waiting' | 'admitted' | 'idle';
  /** Journal sequence number at which the session joined the queue. */
  readonly place?: number;
  readonly cancelling?: { readonly reason: string; readonly at: number; readonly error?: ErrorRecord };
  readonly interrupting?: boolean;
  /** Why the engine itself interrupted the agent, in the present stretch of work. */
  readonly interruptedFor?: ErrorRecord;
  /** The model's service has put it off until then, milliseconds since 1970; or a `mistake` in the settings has, until it is corrected. */
  readonly pausedUntil?: { readonly at: number; readonly reason: string; readonly mistake?: true };
  readonly worktree?: Place;
  /** The worktree was made for it, and its set-up commands have not been through: no agent begins in it before. */
  readonly setUpDue?: true;
  /** True while this session holds the lease of its worktree. */
  readonly holding: boolean;
  readonly checkpoint?: Coverage;
  /** A checkpoint that a person wants and that is not taken yet. */
  readonly wish?: Wish;
  /** A rollback under way; nothing else is begun until it has ended. */
  readonly restoring?: Restoring;
  /** The last rollback that has ended. */
  readonly restored?: Restored;
  /** The agent's own id of the conversation. */
  readonly agentSession?: string;
  /** The agent was heard in that conversation: only then is there something to take up again. */
  readonly conversed?: boolean;
  /** Where the conversation stood at the end of the last turn, in the agent's own name for it; absent when it tells none. */
  readonly position?: string;
  /** It was rolled back, and no agent was heard since. */
  readonly rewound?: Rewound;
  readonly agentVersion?: string;
  readonly model?: string;
  /** Text of the first prompt. */
  readonly goal: string;
  /** Prompts on their way; those that were seen leave the list. */
  readonly prompts: readonly Prompt[];
  /** Prompts ever given; the number of the latest. */
  readonly promptCount: number;
  /** Keys of the latest prompts that front ends may send again. */
  readonly promptKeys?: readonly string[];
  readonly run?: Run;
  /** Runs in a row that ended before they were given anything, in the present stretch of work. */
  readonly vainRuns?: number;
  /** End of the last stream line whose events are in the journal. */
  readonly streamOffset: number;
  readonly turn?: OpenTurn;
  readonly lastTurn?: TurnEnd;
  readonly turns: number;
  /** The latest turns, the newest last. */
  readonly turnNotes?: readonly TurnNote[];
  readonly breakpoints: readonly Breakpoint[];
  /** The latest answers, the newest last. */
  readonly answered?: readonly Answered[];
  /** Since a person last gave a prompt or judged a turn, in the present stretch of work. */
  readonly dangers?: readonly DangerSeen[];
  readonly usage: Usage;
  /** The main conversation, as of the last turn that told. */
  readonly context?: ContextFill;
  readonly result?: Result;
  /** Absent when nobody accepted the work, or the landing came to nothing or was taken back. */
  readonly acceptance?: Acceptance;
  /** Absent when nobody judges the session's turns. */
  readonly supervision?: Supervision;
  /** Of the latest turn that was judged. */
  readonly judgement?: Judgement;
  /** The latest answer of each gate, each about the tree that it names. */
  readonly proof?: readonly Evidence[];
  readonly verifying?: Verifying;
  /** Gates with which engines ended, since they last answered or a person asked for more. */
  readonly unanswered?: readonly Unanswered[];
  readonly met?: Met;
  /** Tree of the files when a person last had them looked at, since the work ended. */
  readonly seen?: string;
  readonly approval?: Approval;
  /** Failures since a person last gave a prompt. */
  readonly attempts?: Attempts;
  /** End of the stream line that told of the last try of the model's service that is counted. */
  readonly retriedAt?: number;
  /** The stronger model that is used, until a person gives a prompt. */
  readonly stronger?: string;
  /** How often the agent was started again after something outside had ended it, since it last came to the end of a turn. */
  readonly revivals?: number;
  /** How often in a row the model's service has put the session off. */
  readonly putOff?: number;
  /** Prompts that the supervisor sent since then. */
  readonly automatic?: number;
  /** The last of them asked to check once more. */
  readonly checkedAgain?: boolean;
  /** What its turns used lately, for budgets of a day. */
  readonly spells?: readonly Spell[];
  /** What is set aside for a prompt at the levels above the session, until its turn has ended. */
  readonly reserved?: { readonly prompt: number; readonly amounts: Amounts };
  /** What the session had used when a person raised its limits: they count from there, that of prompts until a person gives one. */
  readonly raised?: Amounts;
  /** Milliseconds of work of all turns; waiting for people not counted. */
  readonly workedMs?: number;
  readonly committed?: Committed;
  readonly pushed?: Pushed;
  readonly archived: boolean;
  readonly removal?: Removal;
}
