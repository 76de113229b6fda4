/** Keeps Coppice's own files out of everybody's `git status` through the shared `info/exclude`. */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** State of a worktree, and history for sharing that people add themselves. */
const patterns = ['.coppice/', '.tasks/'];

/** Adds what is missing, in one write. */
export async function excludeOwnFiles(commonDir: string): Promise<void> {
  const file = join(commonDir, 'info', 'exclude');
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = new Set(text.split('\n').map((line) => line.trim()));
  const missing = patterns.filter((pattern) => !lines.has(pattern) && !lines.has(`/${pattern}`));
  if (missing.length === 0) return;
  await mkdir(join(commonDir, 'info'), { recursive: true });
  const start = text === '' || text.endsWith('\n') ? '' : '\n';
  await appendFile(file, `${start}${missing.join('\n')}\n`);
}
