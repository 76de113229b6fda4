/** What lies between two trees, file by file, for people to look at. */
import { zeroPaths } from './paths.ts';
import type { Repository } from './repository.ts';

/** How a file changed. A change of only its mode is `modified`; `type-changed` is between file, link and submodule. */
export type DiffStatus = 'added' | 'modified' | 'deleted' | 'renamed' | 'type-changed';

/** One side of a changed file: git's mode (`100644`, `100755`, `120000`, `160000`) and the id of the content. */
export interface DiffSide {
  readonly mode: string;
  readonly id: string;
}

/** One changed file. Paths are relative to the top of the worktree, as `pathText` spells them. */
export interface FileDiff {
  readonly path: string;
  readonly status: DiffStatus;
  /** Where it was before; only when renamed. */
  readonly oldPath?: string;
  /** Absent when added. */
  readonly before?: DiffSide;
  /** Absent when deleted. */
  readonly after?: DiffSide;
  /** Lines; undefined for binary content. */
  readonly insertions?: number;
  readonly deletions?: number;
  readonly binary: boolean;
}

const words: Readonly<Record<string, DiffStatus>> = {
  A: 'added',
  D: 'deleted',
  M: 'modified',
  R: 'renamed',
  T: 'type-changed',
};

/** How trees are compared. */
export interface DiffOptions {
  /** Whether a moved file is shown as one (default) or as one deleted and one added. */
  readonly renames?: boolean;
  /** Whether changed lines are counted (default), for which git reads every changed file. */
  readonly counts?: boolean;
}

/** All files that differ between two trees or commits, in git's order. */
export async function diffTrees(
  repository: Repository,
  from: string,
  to: string,
  { renames = true, counts = true }: DiffOptions = {},
): Promise<FileDiff[]> {
  if (from === to) return [];
  const what = ['--raw', ...(counts ? ['--numstat'] : [])];
  const args = ['diff-tree', '-r', '-z', ...what, '--no-abbrev', renames ? '-M' : '--no-renames'];
  const safe = ['--no-ext-diff', '--no-textconv', '--ignore-submodules=dirty', '--end-of-options', from, to];
  return parseDiff(zeroPaths((await repository.run([...args, ...safe])).stdout));
}

type Counts = Pick<FileDiff, 'insertions' | 'deletions' | 'binary'>;

/** Reads `diff-tree -z --raw --numstat`: all raw records come first, then one count for each, in the same order. */
export function parseDiff(fields: readonly string[]): FileDiff[] {
  const files: Omit<FileDiff, 'binary'>[] = [];
  const counts = new Map<string, Counts>();
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? '';
    if (field.startsWith(':') && / [A-Z]\d*$/.test(field)) {
      const renamed = / [RC]\d*$/.test(field);
      const [first = '', second = ''] = fields.slice(index + 1, index + 3);
      files.push(fileOf(field, renamed ? second : first, renamed ? first : undefined));
      index += renamed ? 2 : 1;
    } else {
      const [insertions = '', deletions = '', ...rest] = field.split('\t');
      const path = rest.join('\t');
      // A renamed file has an empty path here and its two paths in the fields that follow.
      counts.set(path === '' ? (fields[index + 2] ?? '') : path, countsOf(insertions, deletions));
      if (path === '') index += 2;
    }
  }
  return files.map((file) => ({ ...file, ...(counts.get(file.path) ?? { binary: false }) }));
}

function fileOf(record: string, path: string, oldPath: string | undefined): Omit<FileDiff, 'binary'> {
  const [oldMode = '', mode = '', oldId = '', id = '', letter = ''] = record.slice(1).split(' ');
  const status = words[letter.charAt(0)] ?? 'modified';
  return {
    path,
    status,
    ...(oldPath === undefined ? {} : { oldPath }),
    ...(status === 'added' ? {} : { before: { mode: oldMode, id: oldId } }),
    ...(status === 'deleted' ? {} : { after: { mode, id } }),
  };
}

/** Binary content has `-` for its counts. */
function countsOf(insertions: string, deletions: string): Counts {
  if (insertions === '-') return { binary: true };
  return { insertions: Number(insertions), deletions: Number(deletions), binary: false };
}

/** As much of a patch as git may print before it is ended. */
const longestPatch = 64 * 1024 * 1024;

/** What lies between two trees or commits as a patch in UTF-8, cut at `maxBytes`, which its last line then says. */
export async function patchBetween(
  repository: Repository,
  from: string,
  to: string,
  maxBytes: number,
): Promise<string> {
  if (from === to) return '';
  const safe = [
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--ignore-submodules=dirty',
    '--end-of-options',
    from,
    to,
  ];
  const { stdout } = await repository.run(['diff-tree', '-r', '-p', '-M', ...safe], { maxBytes: longestPatch });
  if (stdout.length <= maxBytes) return stdout.toString('utf8');
  return `${stdout.subarray(0, maxBytes).toString('utf8')}\n[… ${stdout.length - maxBytes} bytes of it left out …]`;
}
