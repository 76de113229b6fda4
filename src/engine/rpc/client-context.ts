import type { Actor } from '../../core/domain.ts';
import type { Callbacks, Notifications, ParamsOf, ResultOf } from '../../protocol/contract.ts';
import type * as z from 'zod';

/** How long a front end may take to answer. */
export interface CallOptions {
  /** Longest wait for the answer in milliseconds; 30 s unless told. */
  readonly timeoutMs?: number;
}

/** A front end that is connected and was welcomed. */
export interface ClientContext {
  /** Differs between any two connections of this engine's life. */
  readonly id: string;
  /** What kind of front end it says it is: `cli`, `vscode`, … Letters, digits and `._-`, at most 40. */
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  /** Who its requests are journalled as. */
  readonly actor: Actor;
  /**
   * Sends a notification. Resolves when it was handed to the system, so awaiting it keeps a sender at the reader's pace, or
   * when the client is gone. A client that reads too slowly for what is sent without waiting is disconnected.
   */
  notify<N extends keyof Notifications>(name: N, params: z.input<Notifications[N]>): Promise<void>;
  /** Asks the front end. Rejects with `unreachable` if it is gone, `timed-out`, or what the front end refused with. */
  call<K extends keyof Callbacks>(
    method: K,
    params: ParamsOf<Callbacks, K>,
    options?: CallOptions,
  ): Promise<ResultOf<Callbacks, K>>;
  /**
   * Calls `dispose` once when the connection ends; at once if it has. What comes back takes that back, for what has ended before: a
   * window stays for days.
   */
  onClose(dispose: () => void): () => void;
}
