/**
 * Trees and commits made out of another tree and a list of changes, without any index: the cost is that of the changes,
 * whatever the size of the repository. `git fast-import` does it; it takes paths as they are, `.git/x` and `../y` included,
 * so each one is checked here first.
 */
import { CoppiceError } from '../core/errors.ts';
import { isTreePath, pathBytes } from './paths.ts';
import type { Repository } from './repository.ts';

/** One entry of a tree as it shall be; without `to` it goes. A folder (mode `040000`) is put in whole. */
export interface TreeEdit {
  readonly path: string;
  readonly to?: { readonly mode: string; readonly id: string };
}

/** A commit to make: `base` is the tree that is edited. */
export interface EditedCommit {
  /** Names the work in progress, so that two at once do not meet; a part of a ref. */
  readonly name: string;
  readonly message: string;
  readonly parents: readonly string[];
  /** Undefined for the empty tree. */
  readonly base: string | undefined;
  readonly edits: readonly TreeEdit[];
}

/** The ids of what was made. */
export interface Edited {
  readonly commit: string;
  readonly tree: string;
}

/**
 * Makes the commit; no ref names it then. Deletions come before additions, so that a file may take the place of a folder and
 * the other way round.
 *
 * @throws CoppiceError `bad-usage` (a path that no tree may have), `git-failed`, `disk-full`.
 */
export async function commitEdited(repository: Repository, what: EditedCommit): Promise<Edited> {
  for (const { path } of what.edits) {
    if (isTreePath(path)) continue;
    throw new CoppiceError('bad-usage', `"${path}" is not a path in a worktree.`, 'Name a file of the worktree.');
  }
  const input = Buffer.concat(stream(what));
  const { stdout } = await repository.run(['fast-import', '--quiet', '--done'], { input, timeoutMs: 10 * 60_000 });
  const match = /^([0-9a-f]{40,64})\n040000 tree ([0-9a-f]{40,64})\t/.exec(stdout.toString('latin1'));
  const empty = /^([0-9a-f]{40,64})\nmissing /.exec(stdout.toString('latin1'));
  const commit = match?.[1] ?? empty?.[1];
  if (commit !== undefined) {
    return { commit, tree: match?.[2] ?? (await repository.ask(['rev-parse', '--verify', `${commit}^{tree}`])) };
  }
  throw new CoppiceError('git-failed', 'git fast-import gave no commit.', 'See the log for the whole message.');
}

function stream({ name, message, parents, base, edits }: EditedCommit): Buffer[] {
  const ref = `refs/coppice/${name}/building`;
  const text = Buffer.from(message);
  const [first, ...rest] = parents;
  const none = '0'.repeat((first ?? base ?? '').length || 40);
  const parts: (string | Buffer)[] = [
    `feature done\ncommit ${ref}\nmark :1\ncommitter Coppice <coppice@localhost> ${seconds()} +0000\n`,
    ...[`data ${text.length}\n`, text, '\n'],
    ...(first === undefined ? [] : [`from ${first}\n`]),
    ...rest.map((parent) => `merge ${parent}\n`),
    base === undefined ? 'deleteall\n' : `M 040000 ${base} ""\n`,
  ];
  for (const { path, to } of edits) if (to === undefined) parts.push('D ', quoted(path), '\n');
  for (const { path, to } of edits) if (to !== undefined) parts.push(`M ${to.mode} ${to.id} `, quoted(path), '\n');
  // The commit is asked for, and its ref is never written.
  parts.push(`\nget-mark :1\nls :1 ""\nreset ${ref}\nfrom ${none}\n\ndone\n`);
  return parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** A path as `fast-import` and `hash-object --stdin-paths` read it: in quotes, with every byte but plain ASCII as octal. */
export function quoted(path: string): Buffer {
  const out: string[] = ['"'];
  for (const byte of pathBytes(path)) {
    if (byte === 0x22 || byte === 0x5c) out.push('\\', String.fromCharCode(byte));
    else if (byte >= 0x20 && byte < 0x7f) out.push(String.fromCharCode(byte));
    else out.push(`\\${byte.toString(8).padStart(3, '0')}`);
  }
  out.push('"');
  return Buffer.from(out.join(''), 'latin1');
}
