/** Keeps Coppice's own files out of everybody's `git status` through the shared `info/exclude`. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const state = '.coppice/';
const summaries = '.tasks/';

/**
 * Adds what is missing, in one write: the state of a worktree always, the summaries unless git is to see them (`history`);
 * then the line that an earlier worktree added for them is taken away.
 */
export async function excludeOwnFiles(commonDir: string, history = false): Promise<void> {
  const file = join(commonDir, 'info', 'exclude');
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n');
  const kept = history ? lines.filter((line) => line.trim() !== summaries) : lines;
  const known = new Set(kept.map((line) => line.trim()));
  const wanted = history ? [state] : [state, summaries];
  const missing = wanted.filter((pattern) => !known.has(pattern) && !known.has(`/${pattern}`));
  if (missing.length === 0 && kept.length === lines.length) return;
  await mkdir(join(commonDir, 'info'), { recursive: true });
  const before = kept.join('\n');
  const start = before === '' || before.endsWith('\n') ? '' : '\n';
  const added = missing.map((pattern) => `${pattern}\n`).join('');
  await writeFile(file, `${before}${added === '' ? '' : start}${added}`);
}
