/** What a panel keeps over a reload of the window. */
import type { Attachment } from '../../src/protocol/webview/session-panel.ts';

/** The row at the top of what the reader sees, the pixels of it that are above, and whether the end is kept in sight. */
export interface Place {
  readonly row: number;
  readonly above: number;
  readonly end: boolean;
}

export interface Saved {
  readonly draft: string;
  readonly attachments: readonly Attachment[];
  readonly place: Place;
  readonly folds: readonly (readonly [string, boolean])[];
}

const nothing: Saved = { draft: '', attachments: [], place: { row: 0, above: 0, end: true }, folds: [] };

/** What was kept, as far as it can be read; an earlier version may have kept something else. */
export function readSaved(value: unknown): Saved {
  if (typeof value !== 'object' || value === null) return nothing;
  const { draft, attachments, place, folds } = value as Partial<Record<keyof Saved, unknown>>;
  return {
    draft: typeof draft === 'string' ? draft : '',
    attachments: Array.isArray(attachments) ? attachments.flatMap(attachmentOf) : [],
    place: placeOf(place) ?? nothing.place,
    folds: Array.isArray(folds) ? folds.flatMap(foldOf) : [],
  };
}

function attachmentOf(value: unknown): Attachment[] {
  if (typeof value !== 'object' || value === null || !('path' in value) || typeof value.path !== 'string') return [];
  const { path } = value;
  const lines = 'lines' in value ? value.lines : undefined;
  if (typeof lines !== 'object' || lines === null || !('from' in lines) || !('to' in lines)) return [{ path }];
  const { from, to } = lines;
  return [typeof from === 'number' && typeof to === 'number' ? { path, lines: { from, to } } : { path }];
}

function placeOf(value: unknown): Place | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { row, above, end } = value as Partial<Record<keyof Place, unknown>>;
  if (typeof row !== 'number' || typeof above !== 'number' || typeof end !== 'boolean') return undefined;
  return { row, above, end };
}

function foldOf(value: unknown): (readonly [string, boolean])[] {
  if (!Array.isArray(value)) return [];
  const [key, open] = value as unknown[];
  return typeof key === 'string' && typeof open === 'boolean' ? [[key, open]] : [];
}
