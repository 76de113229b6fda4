import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';

/** The root of the repository. */
export const root = join(import.meta.dirname, '..', '..');

/** Files of the tree as git sees it: tracked, or not tracked and not ignored. Paths relative to the root. */
export function filesOfTree(): string[] {
  // A clone may belong to another user than the one who runs the tests.
  const args = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const list = execFileSync('git', args, { cwd: root, encoding: 'utf8' });
  return list.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
}

const importing = /^(?:import|export)\s+(?!type\b)([^;'"]*?)\s*from\s+'(\.[^']+)'/gmu;

/** The files that one needs before it can run: what it imports, but for types. Paths as `path` is. */
export function neededBy(path: string, text: string): string[] {
  return [...text.matchAll(importing)]
    .filter(([, names = '']) => !/^\{(\s*type\s+[^,}]+,?)+\s*\}$/u.test(names))
    .map(([, , from = '']) => posix.join(posix.dirname(path), from));
}

/** Ways over the files that lead back to where they were before, one for each file where a search ends so. */
export function circlesOf(needs: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way, path].join(' → '));
    if (done.has(path) || way.includes(path)) return;
    for (const next of needs.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of needs.keys()) visit(path, []);
  return circles;
}
