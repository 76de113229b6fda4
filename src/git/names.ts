/** Names of worktrees, branches and folders, as pure rules: any text in, something valid out. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Longest slug. With `feature/` it fits every file system and leaves room in a 50-character tracker label. */
export const slugLength = 40;

/** Two digits and a capital letter: the suffix that binds tasks to a worktree (`auth-05A`). */
const suffixPart = /^\d{2}[A-Z]$/;

/** Letters that are none of a-z with a mark on them. */
const plainLetters: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ħ: 'h', ı: 'i' },
};

/** The last part of a task's name that is a suffix, e.g. `05A` of `implement-auth-05A`; undefined without one. */
export function suffixOf(name: string): string | undefined {
  return name.split(/[^\p{L}\p{N}]+/u).findLast((part) => suffixPart.test(part));
}

/**
 * A slug of 1 to 40 characters out of `a-z 0-9 -` (and suffixes like `05A` with their capital), for any text: prompts,
 * titles, paths, other scripts. The same text always gives the same slug and a slug gives itself. Texts that differ
 * only in case give the same slug. A suffix survives shortening. Text without a single usable character gives
 * `task-` and seven hex digits of its hash.
 */
export function slugFrom(text: string): string {
  const words = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[ßæœøłđðþħı]/giu, (letter) => plainLetters[letter.toLowerCase()] ?? '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => (suffixPart.test(word) ? word : word.toLowerCase()));
  if (words.length === 0) return `task-${hashOf(text, 7)}`;
  const whole = words.join('-');
  if (whole.length <= slugLength) return whole;
  const suffix = words.findLast((word) => suffixPart.test(word));
  const tail = suffix === undefined ? '' : `-${suffix}`;
  return `${shortened(whole, slugLength - tail.length)}${tail}`;
}

/** The text up to `length` characters, cut between words where that costs less than half of it. */
function shortened(text: string, length: number): string {
  const head = text.slice(0, length);
  const lastDash = head.lastIndexOf('-');
  return (text[length] !== '-' && lastDash > length / 2 ? head.slice(0, lastDash) : head).replace(/-+$/, '');
}

/** The slug itself, or with the first of `-2`, `-3`, … that is not taken (compared without case). */
export function freeSlug(slug: string, taken: Iterable<string>): string {
  const known = new Set([...taken].map((name) => name.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const tail = number === 1 ? '' : `-${number}`;
    const candidate = `${slug.slice(0, slugLength - tail.length).replace(/-+$/, '')}${tail}`;
    if (!known.has(candidate.toLowerCase())) return candidate;
  }
}

/** The branch of a worktree. */
export function branchOf(slug: string): string {
  return `feature/${slug}`;
}

/** The slug of a branch by convention: what follows `feature/`, else the whole branch made a slug. */
export function slugOfBranch(branch: string): string {
  return branch.startsWith('feature/') ? branch.slice('feature/'.length) : slugFrom(branch);
}

/** Whether `name` can be a branch, by the rules of `git check-ref-format --branch`. */
export function isBranchName(name: string): boolean {
  if (
    name === '' ||
    name === '@' ||
    name === 'HEAD' ||
    name.startsWith('-') ||
    name.startsWith('/') ||
    name.endsWith('/')
  )
    return false;
  if (name.endsWith('.') || name.includes('..') || name.includes('//') || name.includes('@{')) return false;
  if (/[~^:?*[\\ \p{Cc}]/u.test(name)) return false;
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}

/** Where a worktree of a repository lives. */
export function worktreePath(
  root: string,
  repository: { name: string; location: { id: string } },
  slug: string,
): string {
  return join(worktreesFolder(root, repository), slug);
}

/** The folder of all worktrees that we make for one repository. */
export function worktreesFolder(root: string, repository: { name: string; location: { id: string } }): string {
  return join(root, `${repository.name}-${repository.location.id.slice(0, 8)}`);
}

/** The first `digits` hex digits of the SHA-256 of a text. */
export function hashOf(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
