import { readFileSync } from 'node:fs';

/** One line of what the stand-ins for agents note outside of their worktrees. */
export interface Entry {
  readonly pid: number;
  readonly session: string;
  readonly run: number;
  readonly what: 'start' | 'prompt' | 'ask' | 'answer' | 'interrupt' | 'end';
  /** Id of the prompt or of the request; the prompt itself for a command that is run once. */
  readonly text: string;
}

export function readLedger(path: string): Entry[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [pid = '', session = '', run = '', what = '', ...rest] = line.split(' ');
      return { pid: Number(pid), session, run: Number(run), what: what as Entry['what'], text: rest.join(' ') };
    });
}
