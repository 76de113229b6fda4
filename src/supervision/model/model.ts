/** What the supervisor knows of a language model, wherever it runs. */

/** A message of a conversation with a model. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** One question to a model. `schema` is the JSON Schema that the answer has to fit. */
export interface ChatRequest {
  readonly messages: readonly Message[];
  readonly schema?: Readonly<Record<string, unknown>>;
  /** Most tokens of the answer. */
  readonly maxTokens: number;
}

/** Bounds of one call, and who hears the answer while it comes. */
export interface CallOptions {
  /** Milliseconds for the whole call: waiting in line, loading the model and answering. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onText?: (text: string) => void;
  /** Characters of the longest line of the answer; 4 MB unless told. */
  readonly longestLine?: number;
  /** Bytes of the whole answer; 64 MB unless told. */
  readonly longestBody?: number;
}

/** What came back. Tokens are as the server counted them. */
export interface Answer {
  readonly text: string;
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  /** The answer ended because it was as long as it may be. */
  readonly cutShort: boolean;
  /** The server seems to have read only a part of what was asked. */
  readonly promptCut: boolean;
  readonly ms: number;
}

export type FailureKind =
  | 'unreachable'
  | 'timed-out'
  | 'cancelled'
  | 'busy'
  | 'no-model'
  | 'refused'
  | 'broken'
  | 'too-long'
  | 'prompt-cut'
  | 'invalid';

/** Why there is no answer: a kind to decide by, a sentence, and what a person can do. */
export interface Failure {
  readonly kind: FailureKind;
  readonly sentence: string;
  readonly next: string;
}

/** An answer, or why there is none. Nothing is thrown: a supervisor without a model goes on by rules. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** A model that can be asked. */
export interface Model {
  readonly name: string;
  /** Tokens that question and answer may have together. */
  readonly contextTokens: number;
  chat(request: ChatRequest, options: CallOptions): Promise<Outcome<Answer>>;
}

/** A failure as an outcome. */
export function failed(kind: FailureKind, sentence: string, next: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { kind, sentence, next } };
}
