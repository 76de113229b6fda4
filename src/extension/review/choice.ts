/** What of a rollback a person wants: whole files and single changes of files. Pure. */
import type { FileDiffView } from '../../protocol/diff-schemas.ts';
import type { ParamsOf, Requests, ResultOf } from '../../protocol/contract.ts';

export type Hunks = ResultOf<Requests, 'diff/hunks'>;
export type Hunk = Hunks['hunks'][number];

/** One file of a rollback with the changes that can be chosen; none where it only goes as a whole (`whole` says why). */
export interface FileChoice {
  readonly file: FileDiffView;
  readonly hunks: readonly Hunk[];
  readonly whole?: string;
  /** Of `hunks`, by their number; for a file without hunks, whether it is taken. */
  readonly taken: readonly boolean[];
}

/** A file as it stands when its rollback begins: everything is taken. */
export function wholly(file: FileDiffView, { hunks, whole }: Pick<Hunks, 'hunks' | 'whole'>): FileChoice {
  const taken = hunks.length === 0 ? [true] : hunks.map(() => true);
  return { file, hunks, taken, ...(whole === undefined ? {} : { whole }) };
}

/** How much of a file is taken. */
export function amount({ taken }: FileChoice): 'all' | 'some' | 'none' {
  if (taken.every(Boolean)) return 'all';
  return taken.some(Boolean) ? 'some' : 'none';
}

/** Takes a whole file, or leaves it. */
export function chooseFile(choice: FileChoice, take: boolean): FileChoice {
  return { ...choice, taken: choice.taken.map(() => take) };
}

/** Takes one change, or leaves it. */
export function chooseHunk(choice: FileChoice, index: number, take: boolean): FileChoice {
  return { ...choice, taken: choice.taken.map((each, at) => (at === index ? take : each)) };
}

type Chosen = Pick<ParamsOf<Requests, 'restore/apply'>, 'paths' | 'hunks'>;

/** What of `restore/apply` says the choice; undefined when nothing was chosen. Everything is said by leaving both out. */
export function chosen(choices: readonly FileChoice[]): Chosen | undefined {
  const amounts = choices.map(amount);
  if (amounts.every((each) => each === 'none')) return undefined;
  if (amounts.every((each) => each === 'all')) return {};
  const paths = choices.filter((each) => amount(each) === 'all').map(({ file }) => file.path);
  const hunks = choices
    .filter((each) => amount(each) === 'some')
    .map(({ file, taken }) => ({ path: file.path, hunks: taken.flatMap((take, index) => (take ? [index] : [])) }));
  return { ...(paths.length === 0 ? {} : { paths }), ...(hunks.length === 0 ? {} : { hunks }) };
}

/** Paths of the files of which something was chosen. */
export function chosenPaths(choices: readonly FileChoice[]): string[] {
  return choices.filter((each) => amount(each) !== 'none').map(({ file }) => file.path);
}

/** A change of a rollback by its place in a file: `hunk` is undefined for a file that only goes as a whole. */
export interface PlacedChange {
  readonly path: string;
  readonly hunk: number | undefined;
  readonly taken: boolean;
}

/**
 * The change that a line (from 1) belongs to.
 *
 * @param side whether the line is one of the file as it is (`old`), or as it would be (`new`)
 */
export function changeAtLine(choice: FileChoice, line: number, side: 'old' | 'new'): PlacedChange | undefined {
  const { path } = choice.file;
  if (choice.hunks.length === 0) return { path, hunk: undefined, taken: choice.taken[0] === true };
  const hunk = choice.hunks.findIndex(({ oldStart, oldLines, newStart, newLines }) => {
    const [start, lines] = side === 'old' ? [oldStart, oldLines] : [newStart, newLines];
    // Where lines were only taken out or put in, the other side has none: the line before stands for them.
    return line >= start && line <= start + Math.max(0, lines - 1);
  });
  return hunk === -1 ? undefined : { path, hunk, taken: choice.taken[hunk] === true };
}
