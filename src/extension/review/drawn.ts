/** What of a review is drawn, so that VS Code is told only what looks different: work at hundreds of rows keeps all extensions waiting. Pure. */
import type { FileDiffView } from '../../protocol/diff-schemas.ts';
import type { OverlapView } from '../../protocol/watch.ts';
import type { Subject } from './model.ts';
import { isTicked } from './labels.ts';
import { rowId, rowsBelow, type OpenRollback, type ReviewRow } from './rows.ts';

/** More rows than that are drawn with the whole view. */
const mostRows = 50;

/** How rows look, by the ids of their items, in the order of the view. Rows of one look are drawn alike. */
export type Looks = ReadonlyMap<string, { readonly row: ReviewRow; readonly look: string }>;

/** The id of a row's item. VS Code keeps a row as it was first shown: a file that gets its first comment opens as another row. */
export function itemId(row: ReviewRow, subject: Pick<Subject, 'review'> | undefined): string {
  const commented = row.kind === 'file' && subject?.review.comments.some(({ path }) => path === row.file.path) === true;
  return commented ? `${rowId(row)}+` : rowId(row);
}

/** How the view of a review looks. `titleOf` a session, given its id. */
export function looksOf(
  subject: Subject | undefined,
  rollback: OpenRollback | undefined,
  titleOf: (session: string) => string,
): Looks {
  const looks = new Map<string, { row: ReviewRow; look: string }>();
  if (subject === undefined) return looks;
  const add = (above?: ReviewRow): void => {
    for (const row of rowsBelow(subject, rollback, above)) {
      looks.set(itemId(row, subject), { row, look: JSON.stringify([row.kind, parts(row, subject, titleOf)]) });
      add(row);
    }
  };
  add();
  return looks;
}

/** The ids of the rows that look different; undefined where the whole view has to be drawn: there are others, or too many. */
export function redrawn(before: Looks, after: Looks): readonly string[] | undefined {
  if (before.size !== after.size) return undefined;
  const ids = after.keys();
  const changed: string[] = [];
  for (const [id, { look }] of before) {
    if (ids.next().value !== id) return undefined;
    if (after.get(id)?.look !== look) changed.push(id);
  }
  return changed.length > mostRows ? undefined : changed;
}

/** What is drawn of files that are compared: not what is in them, which editors show. */
export function drawnFiles(compared: object, files: readonly FileDiffView[]): string {
  return JSON.stringify([compared, files.map(drawnFile)]);
}

function drawnFile({ path, oldPath, status, before, after }: FileDiffView): readonly unknown[] {
  return [path, oldPath, status, before !== undefined, after !== undefined];
}

function parts(row: ReviewRow, subject: Subject, titleOf: (session: string) => string): unknown {
  switch (row.kind) {
    case 'section':
      return [row, row.name === 'changes' ? subject.changes?.total : undefined];
    case 'file':
      return fileParts(row.file, subject);
    case 'overlap':
      return overlapParts(row.overlap, titleOf);
    case 'overlap-file': {
      const file = row.overlap.files.find(({ path }) => path === row.path);
      return [file?.kind, file?.hunks.map(({ ours }) => ours.start)];
    }
    case 'comment':
    case 'checkpoint':
    case 'landing':
      return row;
    case 'rollback-file':
    case 'rollback-hunk':
      // They change with what a person chooses, and are drawn again then.
      return undefined;
  }
}

function fileParts(file: FileDiffView, { review, worktree }: Subject): readonly unknown[] {
  return [drawnFile(file), file.insertions, file.deletions, file.binary, isTicked(file, review), worktree];
}

function overlapParts({ ours, theirs, files, more }: OverlapView, titleOf: (session: string) => string): unknown {
  const other = 'session' in theirs ? titleOf(theirs.session) : theirs;
  return [titleOf(ours.session), other, files.length, more];
}
