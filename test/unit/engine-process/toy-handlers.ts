import { CoppiceError } from '../../../src/core/errors.ts';
import type { RequestHandlers } from '../../../src/engine/rpc/server.ts';
import { requests } from '../../../src/protocol/contract.ts';

/** A handler for every request: those given, and for each other one a refusal. */
export function toyHandlers(handlers: Partial<RequestHandlers>): RequestHandlers {
  const refusals = Object.keys(requests).map((method) => {
    const refuse = (): never => {
      throw new CoppiceError('wrong-state', `The toy does not do ${method}.`, 'Ask for something else.');
    };
    return [method, refuse] as const;
  });
  return { ...Object.fromEntries(refusals), ...handlers } as RequestHandlers;
}

export const nobody = { env: {}, secrets: {} };

/** A record of a journal without hashes. */
export function toyRecord(seq: number): {
  seq: number;
  at: number;
  type: string;
  v: number;
  actor: string;
  data: Record<string, unknown>;
  prev: string;
  hash: string;
} {
  return { seq, at: seq, type: 'toy', v: 1, actor: 'engine', data: { seq }, prev: '', hash: '' };
}
