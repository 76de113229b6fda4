/** The shape of the Review view. Pure. */
import type { CheckpointView, FileDiffView } from '../../protocol/diff-schemas.ts';
import type { LandingView } from '../../protocol/landing.ts';
import type { CommentView } from '../../protocol/review.ts';
import type { OverlapView } from '../../protocol/watch.ts';
import type { FileChoice } from './choice.ts';
import type { Subject } from './model.ts';

export type SectionName = 'rollback' | 'changes' | 'overlaps' | 'landing' | 'checkpoints';

/** A row of the Review view. `session` is the one under review. */
export type ReviewRow =
  | { readonly kind: 'section'; readonly session: string; readonly name: SectionName; readonly count: number }
  | { readonly kind: 'file'; readonly session: string; readonly file: FileDiffView }
  | { readonly kind: 'comment'; readonly session: string; readonly comment: CommentView }
  | { readonly kind: 'checkpoint'; readonly session: string; readonly checkpoint: CheckpointView }
  | { readonly kind: 'overlap'; readonly session: string; readonly overlap: OverlapView }
  | { readonly kind: 'overlap-file'; readonly session: string; readonly overlap: OverlapView; readonly path: string }
  | { readonly kind: 'landing'; readonly session: string; readonly landing: LandingView }
  | { readonly kind: 'rollback-file'; readonly session: string; readonly choice: FileChoice }
  | { readonly kind: 'rollback-hunk'; readonly session: string; readonly choice: FileChoice; readonly index: number };

/** The stable id of a row, for VS Code. */
export function rowId(row: ReviewRow): string {
  switch (row.kind) {
    case 'section':
      return `${row.session}/${row.name}`;
    case 'file':
      return `${row.session}/file/${row.file.path.toWellFormed()}`;
    case 'comment':
      return `${row.session}/comment/${row.comment.id}`;
    case 'checkpoint':
      return `${row.session}/checkpoint/${row.checkpoint.n}`;
    case 'overlap':
      return `${row.session}/overlap/${row.overlap.id}`;
    case 'overlap-file':
      return `${row.session}/overlap/${row.overlap.id}/${row.path.toWellFormed()}`;
    case 'landing':
      return `${row.session}/landing/${row.landing.id}`;
    case 'rollback-file':
      return `${row.session}/rollback/${row.choice.file.path.toWellFormed()}`;
    case 'rollback-hunk':
      return `${row.session}/rollback/${row.choice.file.path.toWellFormed()}/${row.index}`;
  }
}

/** A rollback that a person is looking at. */
export interface OpenRollback {
  readonly session: string;
  readonly choices: readonly FileChoice[];
}

/** The rows below one, or those at the top. Sections with nothing in them are left out. */
export function rowsBelow(subject: Subject, rollback: OpenRollback | undefined, row?: ReviewRow): ReviewRow[] {
  const session = subject.detail.id;
  if (row === undefined) return sections(subject, rollback);
  switch (row.kind) {
    case 'section':
      return inSection(subject, rollback, row.name);
    case 'file':
      return subject.review.comments
        .filter(({ path }) => path === row.file.path)
        .map((comment) => ({ kind: 'comment', session, comment }));
    case 'overlap':
      return row.overlap.files.map(({ path }) => ({ kind: 'overlap-file', session, overlap: row.overlap, path }));
    case 'rollback-file':
      // A file with one change is that change.
      return row.choice.hunks.length < 2
        ? []
        : row.choice.hunks.map((_, index) => ({ kind: 'rollback-hunk', session, choice: row.choice, index }));
    case 'comment':
    case 'checkpoint':
    case 'landing':
    case 'overlap-file':
    case 'rollback-hunk':
      return [];
  }
}

function sections(subject: Subject, rollback: OpenRollback | undefined): ReviewRow[] {
  const session = subject.detail.id;
  const counts: readonly (readonly [SectionName, number])[] = [
    ['rollback', rollback?.session === session ? rollback.choices.length : 0],
    ['overlaps', subject.detail.overlaps?.length ?? 0],
    ['landing', Math.min(1, subject.landings.length)],
    ['changes', subject.changes?.total.files ?? 0],
    ['checkpoints', subject.checkpoints.length],
  ];
  return counts.filter(([, count]) => count > 0).map(([name, count]) => ({ kind: 'section', session, name, count }));
}

function inSection(subject: Subject, rollback: OpenRollback | undefined, name: SectionName): ReviewRow[] {
  const session = subject.detail.id;
  switch (name) {
    case 'rollback':
      return (rollback?.choices ?? []).map((choice) => ({ kind: 'rollback-file', session, choice }));
    case 'changes':
      return (subject.changes?.files ?? []).map((file) => ({ kind: 'file', session, file }));
    case 'overlaps':
      return (subject.detail.overlaps ?? []).map((overlap) => ({ kind: 'overlap', session, overlap }));
    case 'landing':
      return subject.landings.slice(0, 1).map((landing) => ({ kind: 'landing', session, landing }));
    case 'checkpoints':
      return subject.checkpoints.map((checkpoint) => ({ kind: 'checkpoint', session, checkpoint }));
  }
}
