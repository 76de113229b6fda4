/** What a mocha process tells about itself: one JSON line per happening, in the file that `COPPICE_TEST_REPORT` names. */
import { appendFileSync, readFileSync } from 'node:fs';

export interface Failure {
  /** Suites and test, joined by ` › `. */
  readonly title: string;
  /** Path relative to the root of the repository. */
  readonly file: string;
  /** Message, difference and stack, as text. */
  readonly detail: string;
}

export type Happening =
  | { readonly kind: 'begun'; readonly total: number }
  | { readonly kind: 'running'; readonly title: string; readonly file: string }
  | { readonly kind: 'passed'; readonly title: string; readonly file: string; readonly ms: number }
  | ({ readonly kind: 'failed'; readonly ms: number } & Failure)
  | { readonly kind: 'ended' }
  /** The process did not end by itself; what held it open. */
  | { readonly kind: 'held-open'; readonly by: readonly string[] };

/** Writes at once, so that nothing is lost when the process is killed. Does nothing outside a lane. */
export function tell(happening: Happening): void {
  const path = process.env['COPPICE_TEST_REPORT'];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(happening)}\n`);
}

/** All that was told until now; a line that is not complete yet is left out. */
export function heard(path: string): Happening[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return []; // the process has told nothing yet
  }
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Happening);
}
