import { messageLimits } from '../../protocol/client/framing.ts';

/** What front ends may cost the engine. A front end is the user's own program; the limits keep a broken one from doing harm. */
export interface RpcLimits {
  readonly clients: number;
  /** Time to greet, milliseconds. */
  readonly helloMs: number;
  /** Largest message before the greeting, bytes. */
  readonly helloBytes: number;
  /** Largest message, bytes. */
  readonly messageBytes: number;
  /** Longest time for one message to arrive, milliseconds. */
  readonly partialMs: number;
  /** Bytes that may wait for a client that does not read, when more are sent. */
  readonly queuedBytes: number;
  /** Requests of one client that may be unanswered. */
  readonly openRequests: number;
  /** Time for a client to read the last answer before its connection is cut, milliseconds. */
  readonly finishMs: number;
}

export const usualLimits: RpcLimits = {
  clients: 64,
  helloMs: 5_000,
  helloBytes: 64 * 1024,
  messageBytes: messageLimits.bytes,
  partialMs: messageLimits.partialMs,
  queuedBytes: 32 * 1024 * 1024,
  openRequests: 1_000,
  finishMs: 1_000,
};
