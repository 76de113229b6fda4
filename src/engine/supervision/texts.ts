/** Texts of judging that are kept as files, for people who want to know what was asked, sent and printed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CoppiceError } from '../../core/errors.ts';
import type { Judgement } from '../../core/supervision/judgement.ts';
import { readEnd } from '../diagnostics/last-lines.ts';
import type { Judges } from './judges.ts';

const mostShown = 512 * 1024;

/** Keeps what is about to be sent: a question to a model, or a prompt of the supervisor. Gives back the file. */
export async function keepText(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

/** The file of what the model was asked about a turn. */
export function reviewFile(judges: Pick<Judges, 'folder'>, session: string, turn: number): string {
  return join(judges.folder(session), 'reviews', `${turn}.md`);
}

/** The file of a prompt that the supervisor sent. */
export function promptFile(judges: Pick<Judges, 'folder'>, session: string, prompt: number): string {
  return join(judges.folder(session), 'prompts', `${prompt}.md`);
}

/** Which text of a judged turn is wanted; see the request `supervision/text`. */
export interface WantedText {
  readonly what: 'review' | 'gate' | 'prompt';
  readonly at: number;
}

/**
 * The text, or the end of it.
 *
 * @throws CoppiceError `not-found` if the turn has none, or its file is gone
 */
export async function judgedText(
  judges: Pick<Judges, 'folder'>,
  judgement: Judgement,
  wanted: WantedText,
): Promise<{ readonly text: string; readonly cut: boolean }> {
  const path = pathOf(judges, judgement, wanted);
  const found = path === undefined ? undefined : await readEnd(path, mostShown);
  if (found !== undefined) return found;
  throw new CoppiceError(
    'not-found',
    `Turn ${judgement.turn} has no such text: ${wanted.what}.`,
    path === undefined ? 'See what there is.' : 'Its file was removed from the data directory.',
    { context: { session: judgement.session }, way: path === undefined ? 'see-verdicts' : undefined },
  );
}

function pathOf(
  judges: Pick<Judges, 'folder'>,
  { session, reviewed, evidence, decided }: Judgement,
  { what, at }: WantedText,
): string | undefined {
  switch (what) {
    case 'review':
      return reviewed?.prompt;
    case 'gate':
      return evidence[at]?.output;
    case 'prompt':
      return decided?.prompt === undefined ? undefined : promptFile(judges, session, decided.prompt);
  }
}
