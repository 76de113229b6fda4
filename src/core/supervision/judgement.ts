/** What was found out about a turn that ended, and what was decided on it. Grows by events; nothing is taken back. */
import type { Evidence } from '../landing/state.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { AutonomyLevel, Decision } from './decision.ts';
import type { Factor, Review } from './confidence.ts';
import type { QualityGate } from './gate.ts';
import type { Issue } from './validation.ts';

/** How a session is supervised: fixed when it gets its worktree, so that what an agent changes there does not choose its judges. */
export interface Supervision {
  readonly level: AutonomyLevel;
  /** The commands that have to agree. */
  readonly gates: readonly QualityGate[];
  /** A model reviews what the gates let through. */
  readonly review: boolean;
}

/** How long a question was: what was expected, by which method, after how many counts of the server, and what the server counted. */
export interface QuestionTokens {
  readonly model: string;
  readonly method: 'usual' | 'calibrated' | 'tokenizer';
  readonly expected: number;
  readonly counted?: number;
  readonly samples: number;
}

/** What a model said of a turn, or why none did. `prompt` is the file that holds what it was asked, as it was sent. */
export interface Reviewed {
  readonly review?: Review;
  readonly failure?: string;
  readonly prompt?: string;
  readonly tokens?: QuestionTokens;
  /** How long the model took, in milliseconds. */
  readonly ms?: number;
}

/** The decision on a turn with the score that led to it, before and after calibration. */
export interface Decided extends Decision {
  readonly score: number;
  readonly calibrated: number;
  readonly weights: readonly Factor[];
  /** What the turn failed with, as it counts against the attempts. */
  readonly failure?: Fingerprint;
  /** Number of the prompt that it sent. */
  readonly prompt?: number;
  /** The rollback to a checkpoint that goes before that prompt. */
  readonly rollback?: { readonly restore: string; readonly to: number };
  /** The breakpoint with which it asked. */
  readonly breakpoint?: string;
}

/** What a person said of a turn, asked or not. */
export interface PersonsWord {
  readonly good?: boolean;
  /** The question need not have been asked. */
  readonly unnecessary?: boolean;
}

/** A turn as it is judged. Times are in milliseconds since 1970. */
export interface Judgement {
  /** `<session>/<turn>` */
  readonly id: string;
  readonly session: string;
  readonly repository: string;
  readonly turn: number;
  readonly at: number;
  /** The tree of the files that are judged. Answers about another one do not count. */
  readonly tree: string;
  /** How often the files changed while they were judged. */
  readonly moved: number;
  readonly issues: readonly Issue[];
  readonly files: number;
  readonly lines: number;
  /** Tests of the project that the work made weaker. */
  readonly weakened?: readonly string[];
  /** Tests that came with the work. */
  readonly grown?: readonly string[];
  /** Files that the task does not speak of. */
  readonly stray?: readonly string[];
  readonly evidence: readonly Evidence[];
  readonly reviewed?: Reviewed;
  readonly decided?: Decided;
  /**
   * How long the agent was at it, when it had ended, and how long it then took to be decided on; absent where a person was waited for
   * in between.
   */
  readonly took?: { readonly agentMs: number; readonly endedAt: number; readonly judgedMs?: number };
  readonly word?: PersonsWord;
}

/** A person's wish to have the work checked, while it is carried out. `tree` is absent until the files were looked at. */
export interface Verifying {
  readonly by: string;
  readonly tree?: string;
  readonly moved: number;
}

/** A person's word that the work is as it should be: about one tree, and none after it. */
export interface Approval {
  readonly tree: string;
  /** Number of the latest prompt at that time. */
  readonly prompts: number;
  readonly by: string;
  readonly at: number;
  /** It was given although no gate had passed. */
  readonly unverified?: boolean;
}

/** Data of the events of supervision. `session` is always the session's id. */
export interface SupervisionEvents {
  'supervision.begun': { session: string } & Supervision;
  'autonomy.changed': { session: string; level: AutonomyLevel };
  'turn.validated': {
    session: string;
    turn: number;
    repository: string;
    tree: string;
    issues: readonly Issue[];
    files: number;
    lines: number;
    weakened?: readonly string[];
    grown?: readonly string[];
    stray?: readonly string[];
    took?: { agentMs: number; endedAt: number };
  };
  /** `after`: the tree when the gate had ended. `turn` is absent when a person asked for it. */
  'gate.answered': { session: string; turn?: number; evidence: Evidence; after: string; intent: string };
  /** The engine ended while the gate ran: it has no answer. */
  'gate.unanswered': { session: string; command: readonly string[]; intent: string };
  'turn.reviewed': { session: string; turn: number; tree: string } & Reviewed;
  'turn.decided': { session: string; turn: number; decided: Decided };
  'turn.commented': { session: string; turn: number; word: PersonsWord };
  /** What the session may use is as much again. */
  'budget.raised': { session: string };
  'verification.requested': { session: string; gates: readonly QualityGate[]; by: string };
  'verification.begun': { session: string; tree: string };
  'verification.ended': { session: string; why?: string };
  'session.approved': { session: string; tree: string; prompts: number; by: string; unverified?: boolean };
}

/** The id of the judgement of a turn. */
export function judgementId(session: string, turn: number): string {
  return `${session}/${turn}`;
}
