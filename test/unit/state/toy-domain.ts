/** A small bank: enough rules to tell a wrong replay from a right one. */
import type { Domain, Entity, EntityRef, JournalRecord, NewEvent } from '../../../src/core/domain.ts';

export const toyDomain: Domain = makeToyDomain(1);

/** `noted` has version 2 today: version 1 had one `text`, version 2 has `lines`. */
export function makeToyDomain(reducerVersion: number): Domain {
  return {
    reducerVersion,
    upcast,
    touches,
    reduce,
    columns: { account: ['owner', 'balance'], note: ['size'] },
    columnsOf,
  };
}

export function opened(id: string, owner = 'nobody'): NewEvent {
  return { type: 'opened', v: 1, data: { id, owner } };
}

export function moved(from: string, to: string, amount: number): NewEvent {
  return { type: 'moved', v: 1, data: { from, to, amount } };
}

export function closed(id: string): NewEvent {
  return { type: 'closed', v: 1, data: { id } };
}

export function noted(id: string, ...lines: string[]): NewEvent {
  return { type: 'noted', v: 2, data: { id, lines } };
}

export function notedOld(id: string, text: string): NewEvent {
  return { type: 'noted', v: 1, data: { id, text } };
}

/** A rule that is broken on purpose. */
export const unapplicable: NewEvent = { type: 'unapplicable', v: 1, data: {} };

function upcast(record: JournalRecord): JournalRecord {
  if (record.type !== 'noted' || record.v !== 1) return record;
  const { text, ...data } = record.data;
  return { ...record, v: 2, data: { ...data, lines: [text] } };
}

function touches({ type, data }: JournalRecord): readonly EntityRef[] {
  switch (type) {
    case 'opened':
    case 'closed':
      return [{ kind: 'account', id: String(data['id']) }];
    case 'moved':
      return [data['from'], data['to']].map((id) => ({ kind: 'account', id: String(id) }));
    case 'noted':
      return [{ kind: 'note', id: String(data['id']) }];
    case 'unapplicable':
      throw new Error('no rule for this');
    default:
      return [];
  }
}

function reduce(ref: EntityRef, entity: Entity | undefined, { seq, type, data }: JournalRecord): Entity | undefined {
  switch (type) {
    case 'opened':
      return entity ?? { id: ref.id, owner: data['owner'], balance: 0, history: [] };
    case 'closed':
      return undefined;
    case 'moved': {
      if (entity === undefined) return undefined;
      const amount = Number(data['amount']) * ((data['to'] === ref.id ? 1 : 0) - (data['from'] === ref.id ? 1 : 0));
      const history: readonly unknown[] = Array.isArray(entity['history']) ? entity['history'] : [];
      return {
        ...entity,
        balance: Number(entity['balance']) + amount,
        history: [...history, { seq, amount }].slice(-3),
      };
    }
    case 'noted':
      return { id: ref.id, lines: data['lines'] };
    default:
      return entity;
  }
}

function columnsOf(kind: string, entity: Entity): Readonly<Record<string, string | number | null>> {
  if (kind === 'account') return { owner: String(entity['owner']), balance: Number(entity['balance']) };
  return { size: Array.isArray(entity['lines']) ? entity['lines'].length : null };
}
