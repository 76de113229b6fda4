import type { Status } from '../core/session/state.ts';

const settled: ReadonlySet<Status> = new Set([
  'interrupted',
  'reported',
  'verified',
  'accepted',
  'landed',
  'failed',
  'cancelled',
]);

/**
 * Whether the present stretch of work of a session has ended, whatever came of it: nothing more happens unless somebody asks for
 * it. A later prompt begins another stretch.
 */
export function isSettled({ status }: { readonly status: Status }): boolean {
  return settled.has(status);
}
