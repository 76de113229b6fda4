import type { JournalRecord } from './domain.ts';

type Data = Readonly<Record<string, unknown>>;

/**
 * Steps that bring old event data to the present version: `steps[type][n]` turns version n+1 into n+2. Records on disk are
 * never rewritten; they pass through here each time they are read.
 */
export type Upcasters = Readonly<Record<string, readonly ((data: Data) => Data)[]>>;

export const upcasters: Upcasters = {};

/** The record with its data at the newest version that `steps` reaches; a record of a later version is left as it is. */
export function upcast(record: JournalRecord, steps: Upcasters = upcasters): JournalRecord {
  const chain = Object.hasOwn(steps, record.type) ? (steps[record.type] ?? []) : [];
  const due = chain.slice(record.v - 1);
  if (due.length === 0) return record;
  return { ...record, v: record.v + due.length, data: due.reduce((data, step) => step(data), record.data) };
}
