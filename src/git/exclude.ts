/** Keeps Coppice's own files out of everybody's `git status` through the shared `info/exclude`. */
import { mkdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { replaceFile } from './files.ts';

const state = '.coppice/';
const summaries = '.tasks/';

/**
 * Adds what is missing, in one write: the state of a worktree always, the summaries unless git is to see them (`history`);
 * then the line that an earlier worktree added for them is taken away. Everything else in the file is a person's, and stays byte
 * for byte. Throws the system's error; nothing has changed then.
 */
export async function excludeOwnFiles(commonDir: string, history = false): Promise<void> {
  const file = join(commonDir, 'info', 'exclude');
  // One character a byte: names in it need not be UTF-8.
  const text = ifThere(() => readFileSync(file, 'latin1')) ?? '';
  const lines = text.split('\n');
  const kept = history ? lines.filter((line) => line.trim() !== summaries) : lines;
  const known = new Set(kept.map((line) => line.trim()));
  const wanted = history ? [state] : [state, summaries];
  const missing = wanted.filter((pattern) => !known.has(pattern) && !known.has(`/${pattern}`));
  if (missing.length === 0 && kept.length === lines.length) return;
  mkdirSync(join(commonDir, 'info'), { recursive: true });
  const before = kept.join('\n');
  const start = before === '' || before.endsWith('\n') ? '' : '\n';
  const added = missing.map((pattern) => `${pattern}\n`).join('');
  await replaceBytes(file, `${before}${added === '' ? '' : start}${added}`);
}

async function replaceBytes(file: string, text: string): Promise<void> {
  const target = ifThere(() => realpathSync(file)) ?? resolve(dirname(file), ifThere(() => readlinkSync(file)) ?? file);
  const mode = ifThere(() => statSync(target).mode) ?? 0o644;
  await replaceFile(target, Buffer.from(text, 'latin1'), mode & 0o777);
}

/** Undefined when there is no such file. */
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
