/** Paths of a repository on their way to git and back; as text they are what `core/path-text.ts` makes of them. */
import { pathBytes as bytesOf, pathText } from '../core/path-text.ts';

export { pathText };

/** The bytes of a path; the reverse of `pathText`. */
export function pathBytes(text: string): Buffer {
  return Buffer.from(bytesOf(text));
}

/** The parts of a NUL-separated answer of git, each as path text. */
export function zeroPaths(bytes: Buffer): string[] {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    const stop = end === -1 ? bytes.length : end;
    parts.push(pathText(bytes.subarray(at, stop)));
    at = stop + 1;
  }
  return parts;
}

/** The parts as git reads them with `-z`: each ends with a NUL. */
export function zeroJoined(parts: readonly string[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [pathBytes(part), Buffer.of(0)]));
}

const reserved = new Set(['', '.', '..', '.git']);

/**
 * Whether a path may stand in a tree: relative, no empty part, none that leads out, none that git would take for its own
 * directory on any file system (`.git` in any case, the short name `git~1`, and spellings that hide ignorable characters).
 */
export function isTreePath(path: string): boolean {
  if (path.length === 0 || path.length > 4096 || path.includes('\0')) return false;
  return path.split('/').every((part) => {
    const plain = part
      .replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '')
      .replace(/[ .]+$/, '')
      .toLowerCase();
    return !reserved.has(part) && plain !== '.git' && plain !== 'git~1';
  });
}
