import type { ReviewRow } from './rows.ts';

const kinds: { readonly [K in ReviewRow['kind']]: null } = {
  section: null,
  file: null,
  comment: null,
  checkpoint: null,
  overlap: null,
  'overlap-file': null,
  landing: null,
  'rollback-file': null,
  'rollback-hunk': null,
};

/**
 * The row of the Review view that a command was given. Rows never leave the extension host and come back as the objects that
 * they were, so their kind and session tell them.
 */
export function asReviewRow(given: unknown): ReviewRow | undefined {
  if (typeof given !== 'object' || given === null || !('kind' in given) || !('session' in given)) return undefined;
  const { kind, session } = given;
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind) || typeof session !== 'string') return undefined;
  return given as ReviewRow;
}
