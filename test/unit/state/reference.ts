/** The toy domain folded in the plainest way, to compare with. */
import type { Entity, JournalRecord, NewEvent } from '../../../src/core/domain.ts';
import { toyDomain } from './toy-domain.ts';

export type Transactions = readonly (readonly NewEvent[])[];

export interface ReferenceState {
  /** Equal to `StateManager.canonicalState()`. */
  readonly canonical: string;
  /** Kinds to ids in the order of creation. */
  readonly order: Readonly<Record<string, readonly string[]>>;
}

export function referenceState(transactions: Transactions): ReferenceState {
  const kinds: Record<string, Map<string, Entity>> = { account: new Map(), note: new Map() };
  for (const [index, { type, v, data }] of transactions.flat().entries()) {
    const stored = JSON.parse(
      JSON.stringify({ seq: index + 1, at: 0, actor: 'engine', type, v, data }),
    ) as JournalRecord;
    const record = toyDomain.upcast(stored);
    for (const ref of toyDomain.touches(record)) {
      const entities = kinds[ref.kind];
      const after = toyDomain.reduce(ref, entities?.get(ref.id), record);
      if (after === undefined) entities?.delete(ref.id);
      else entities?.set(ref.id, after);
    }
  }
  const filled = Object.entries(kinds).filter(([, entities]) => entities.size > 0);
  return {
    canonical: sorted(Object.fromEntries(filled.map(([kind, entities]) => [kind, Object.fromEntries(entities)]))),
    order: Object.fromEntries(Object.entries(kinds).map(([kind, entities]) => [kind, [...entities.keys()]])),
  };
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
