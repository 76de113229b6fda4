/**
 * What an agent says, whichever agent it is. A stream reader in `agents/` turns each line of output into these; unknown
 * kinds are kept and counted (`unrecognised`), never fatal.
 */
import type { Finding } from '../supervision/finding.ts';
import type { ContextFill, Usage } from './usage.ts';

/** How a turn ended, judged by the agent's own evidence (never by an exit code alone). */
export type TurnOutcome = 'success' | 'failed' | 'interrupted' | 'limit' | 'rate-limited' | 'crashed';

/** A request that only a person may answer. `request` is the agent's own blob, handed back verbatim with the answer. */
export interface AgentRequest {
  readonly id: string;
  readonly kind: 'permission' | 'question' | 'plan';
  /** One line, plain text. */
  readonly title: string;
  /** Plain text for a person: the command, the path, the plan. */
  readonly detail: string;
  readonly tool?: string;
  readonly input?: Readonly<Record<string, unknown>>;
  /** The use of a tool that it is about, by the id with which that begins, where the agent says so. */
  readonly use?: string;
  /** The agent takes no other input than this one: it is done so or not at all. */
  readonly fixed?: boolean;
  readonly questions?: readonly AgentQuestion[];
}

/**
 * A question of an agent with the answers that it offers; a person may always answer in free text. `header` is a word
 * or two for a list.
 */
export interface AgentQuestion {
  readonly question: string;
  readonly header?: string;
  readonly options: readonly { readonly label: string; readonly description?: string }[];
  readonly multiSelect: boolean;
}

export type AgentEvent =
  | {
      readonly kind: 'identified';
      readonly agentSession: string;
      readonly model?: string;
      readonly version?: string;
      readonly tools?: readonly string[];
    }
  /** A prompt of ours came back as an echo or took effect: proof of delivery. */
  | { readonly kind: 'prompt-seen'; readonly input?: string; readonly text?: string }
  | { readonly kind: 'message'; readonly text: string; readonly thinking?: boolean; readonly subagent?: boolean }
  | {
      readonly kind: 'tool-started';
      readonly id: string;
      readonly name: string;
      readonly input: Readonly<Record<string, unknown>>;
      readonly subagent?: boolean;
      /** What is dangerous about it. No reader sets this: the engine's monitor does. */
      readonly findings?: readonly Finding[];
    }
  | {
      readonly kind: 'tool-ended';
      readonly id: string;
      readonly ok: boolean;
      readonly denied?: boolean;
      readonly output: string;
    }
  /** `findings`: what is dangerous about it, as the engine's monitor says. */
  | { readonly kind: 'asked'; readonly request: AgentRequest; readonly findings?: readonly Finding[] }
  /** The agent no longer waits for this answer. */
  | { readonly kind: 'ask-withdrawn'; readonly request: string }
  /** The agent took an answer (its effect was seen). */
  | { readonly kind: 'answer-seen'; readonly request: string }
  /** An interrupt took effect; `input` is the id it was sent with. */
  | { readonly kind: 'interrupt-seen'; readonly input?: string }
  /** Number of background jobs of the agent that are still at work: the run is not over while it is above 0. */
  | { readonly kind: 'background'; readonly tasks: number }
  | {
      readonly kind: 'retrying';
      readonly attempt: number;
      readonly max?: number;
      readonly delayMs?: number;
      readonly status?: number;
      readonly error: string;
    }
  | { readonly kind: 'notice'; readonly severity: 'info' | 'warning' | 'critical'; readonly text: string }
  | {
      readonly kind: 'turn-ended';
      readonly outcome: TurnOutcome;
      /** The agent's own word for it, e.g. `completed`, `api_error`, `max_turns`. */
      readonly reason: string;
      readonly text?: string;
      /** The agent's own name of the place in the conversation where the turn ended. */
      readonly position?: string;
      readonly usage: Usage;
      /** The main conversation at the end of the turn. */
      readonly context?: ContextFill;
      /** Tools that were refused during the turn. */
      readonly denials: number;
      /** The last check of the project that the agent ran in the turn, passed, with no change after it. No reader sets this: the engine's monitor does. */
      readonly checked?: string;
      /** Seconds after which a rate-limited turn may be tried again, if the service said so. */
      readonly retryAfterS?: number;
      /** When a rate-limited turn may be tried again, if the service said so: milliseconds since 1970. */
      readonly retryAt?: number;
      /** HTTP status with which the model's service refused, where that ended the turn. */
      readonly status?: number;
      /** The agent began this turn by itself (a background job had ended); no prompt of ours belongs to it. */
      readonly followUp?: boolean;
    }
  | { readonly kind: 'unrecognised'; readonly what: string }
  | { readonly kind: 'malformed'; readonly reason: string; readonly sample: string };

/** What can be written to a live agent that takes input. */
export type AgentInput =
  | { readonly kind: 'prompt'; readonly id: string; readonly text: string; readonly steer: boolean }
  | { readonly kind: 'interrupt'; readonly id: string }
  | { readonly kind: 'answer'; readonly request: AgentRequest; readonly answer: Answer };

/** For how long a permission holds, and for what: by default for the very command or path that was asked for. */
export interface Remembered {
  readonly scope: 'session' | 'always';
  readonly pattern?: string;
}

/**
 * A person's answer to an `AgentRequest`, or to a decision of the engine: that alone can be answered with `hand-over`, and with `put-back`
 * when it is about files that are gone.
 */
export interface Answer {
  readonly choice: 'allow' | 'deny' | 'answer' | 'abort' | 'hand-over' | 'put-back';
  /** Told to the agent with a denial. */
  readonly reason?: string;
  /** Replaces the tool's input (permission), keyed as the tool expects it. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** Question → chosen label(s) or free text. */
  readonly answers?: Readonly<Record<string, string>>;
  /** A permission that holds for what is like it, too. What is dangerous is never remembered. */
  readonly remember?: Remembered;
}
