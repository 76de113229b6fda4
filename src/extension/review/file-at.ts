/** A file of a session at one of its states, and how a document's query tells it. Pure. */
import type { Side } from '../../protocol/diff-schemas.ts';

/** Which file, and at which state. `path` is spelled as the engine spells it. */
export interface FileAt {
  readonly session: string;
  readonly side: Side;
  readonly path: string;
}

/** Reads what a document's query says; undefined when it says anything else. */
export function parseFileQuery(session: string, query: string): FileAt | undefined {
  let said: unknown;
  try {
    said = JSON.parse(query);
  } catch {
    return undefined;
  }
  if (typeof said !== 'object' || said === null || !('side' in said) || !('path' in said)) return undefined;
  const { side, path } = said;
  if (typeof path !== 'string' || path === '') return undefined;
  if (side === 'base' || side === 'worktree' || (typeof side === 'number' && Number.isInteger(side) && side >= 0)) {
    return { session, side, path };
  }
  return undefined;
}
