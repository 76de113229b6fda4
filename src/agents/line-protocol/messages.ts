/**
 * The line protocol of Coppice: the JSON lines by which the demo agent, and any command of a user's own with
 * `output: jsonl`, tells what it does. One object per line, told apart by `type`; unknown types and fields are passed over.
 * All fields but those marked with `?` are needed.
 */
import type { AgentQuestion, Answer, TurnOutcome } from '../../core/agent/events.ts';
import type { ContextFill, Usage } from '../../core/agent/usage.ts';

/** What an agent prints. */
export type OutMessage =
  /** Names the conversation; `session` is what it can be taken up again with. */
  | { readonly type: 'session'; readonly session: string; readonly model?: string; readonly version?: string }
  /** The turn of this prompt begins. */
  | { readonly type: 'prompt'; readonly id: string; readonly text?: string }
  | { readonly type: 'message'; readonly text: string; readonly thinking?: boolean }
  | { readonly type: 'tool'; readonly id: string; readonly name: string; readonly input?: JsonObject }
  | {
      readonly type: 'tool-end';
      readonly id: string;
      readonly ok: boolean;
      readonly denied?: boolean;
      readonly output?: string;
    }
  | {
      readonly type: 'ask';
      readonly id: string;
      readonly kind: 'permission' | 'question' | 'plan';
      readonly title: string;
      readonly detail?: string;
      readonly tool?: string;
      readonly input?: JsonObject;
      /** The id of the `tool` that it is about. */
      readonly use?: string;
      /** No other input than this one is taken with an answer. */
      readonly fixed?: boolean;
      readonly questions?: readonly AgentQuestion[];
    }
  /** An answer was taken. */
  | { readonly type: 'answered'; readonly id: string }
  | { readonly type: 'ask-withdrawn'; readonly id: string }
  | { readonly type: 'interrupted'; readonly id: string }
  | { readonly type: 'notice'; readonly severity?: 'info' | 'warning' | 'critical'; readonly text: string }
  /** The model's service did not answer, and is asked once more: the `attempt`-th time, of at most `max`. */
  | { readonly type: 'retrying'; readonly attempt: number; readonly max?: number; readonly error?: string }
  /** The end of a turn. A command that is run once per prompt may leave it out: its exit code then says how it went. */
  | {
      readonly type: 'result';
      readonly outcome: Exclude<TurnOutcome, 'crashed'>;
      readonly reason?: string;
      readonly text?: string;
      readonly denials?: number;
      /** With `rate-limited`: in so many seconds the model's service takes work again. The session waits until then. */
      readonly retryAfterS?: number;
      /** Names the place in the conversation, for an agent that can take it up there. */
      readonly position?: string;
      readonly usage?: Partial<Usage>;
      /** How full the model's context is after the turn. */
      readonly context?: ContextFill;
    };

/** What a live agent reads. */
export type InMessage =
  | { readonly type: 'prompt'; readonly id: string; readonly text: string; readonly steer: boolean }
  | { readonly type: 'interrupt'; readonly id: string }
  | ({ readonly type: 'answer'; readonly request: string } & Answer);

type JsonObject = Readonly<Record<string, unknown>>;
