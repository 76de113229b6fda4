/** Names and ids that appear in journals, branches and trackers. Randomness comes from the caller. */

/** Longest tracker label that GitHub accepts; a task id is also a label (S0-20, Q-35). */
const labelLimit = 50;
const shortIdLength = 7;
/** What is left of a label for the worktree's part: `coppice.` + `.` + 7 hex take 16. */
const worktreePartLimit = labelLimit - 'coppice.'.length - 1 - shortIdLength;

/** First 7 hex digits of a UUID (git-familiar length, S0-20). */
export function shortId(uuid: string): string {
  return uuid.replaceAll('-', '').slice(0, shortIdLength);
}

/** `coppice.{worktree}.{7 hex}`, at most 50 characters; the worktree's part is cut when it is longer. */
export function taskId(slug: string, uuid: string): string {
  return `coppice.${slug.slice(0, worktreePartLimit)}.${shortId(uuid)}`;
}

/** `auth-system-20240115`: the slug and the day (UTC) of `at` (milliseconds since 1970), as `.coppice/state.json` names it (S0-56). */
export function worktreeId(slug: string, at: number): string {
  return `${slug}-${new Date(at).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

/** Folder name of a run inside its session's folder: `001`, `002`, … */
export function runName(run: number): string {
  return String(run).padStart(3, '0');
}

/** A short title of a prompt: its first line with text, at most `limit` characters. */
export function titleOf(prompt: string, limit = 72): string {
  const line = prompt
    .split('\n')
    .map((text) => text.trim())
    .find((text) => text !== '');
  const text = (line ?? 'untitled').replace(/\s+/g, ' ');
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
