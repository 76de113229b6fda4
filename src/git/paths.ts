/**
 * Paths of a repository as text. Git and the file system know bytes; JSON, journals and people know text. A path that is
 * not valid UTF-8 keeps each byte that does not fit as a lone surrogate (U+DC80 to U+DCFF, as in Python's
 * "surrogateescape"), which valid text never holds and JSON carries as an escape: nothing is lost on the way.
 */
import { isUtf8 } from 'node:buffer';

/** Bytes of a path as text. */
export function pathText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find((each) => at + each <= bytes.length && isUtf8(bytes.subarray(at, at + each)));
    text +=
      length === undefined ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : bytes.toString('utf8', at, at + length);
    at += length ?? 1;
  }
  return text;
}

/** The bytes of a path; the reverse of `pathText`. */
export function pathBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const parts = [...text].map((char) => {
    const unit = char.length === 1 ? char.charCodeAt(0) : 0;
    return unit >= 0xdc80 && unit <= 0xdcff ? Buffer.of(unit - 0xdc00) : Buffer.from(char, 'utf8');
  });
  return Buffer.concat(parts);
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
