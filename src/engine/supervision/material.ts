/** What prompts and reviews are filled with. All of it is data: whatever it says, it is quoted, cut and never run. */
import { oneLine } from '../../core/printable.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { shortened } from '../../core/supervision/context.ts';
import { criteriaOf } from '../../core/supervision/criteria.ts';
import type { Judgement } from '../../core/supervision/judgement.ts';
import { lastLines } from '../diagnostics/last-lines.ts';
import type { SessionContext } from '../sessions/context.ts';

const longestPatch = 64 * 1024;
const listedFiles = 100;
const longestName = 500;
const outputLines = 80;
const outputChars = 6000;

/** The facts of a turn as texts. */
export interface Material {
  readonly goal: string;
  readonly criteria: readonly string[];
  readonly files: string;
  readonly changes: string;
  readonly words: string;
}

/** Gathers what there is to say of the judged files against where the work began. */
export async function materialOf(
  { checkpoints }: Pick<SessionContext, 'checkpoints'>,
  session: Session,
  place: Place,
  { tree }: Pick<Judgement, 'tree'>,
): Promise<Material> {
  const files = await checkpoints.changed(session, place.baseCommit, tree);
  // A name may hold line breaks: on one line it cannot pass for anything else.
  const names = files.slice(0, listedFiles).map(({ path }) => oneLine(path, longestName));
  const more = files.length > listedFiles ? [`and ${files.length - listedFiles} more`] : [];
  return {
    goal: cut(session.goal, 20_000),
    criteria: criteriaOf(session.goal),
    files: [...names, ...more].join(', ') || 'none',
    changes: await checkpoints.patch(session, place.baseCommit, tree, longestPatch),
    words: session.lastTurn?.text ?? '',
  };
}

/** The end of what a gate printed. A file that is gone says nothing. */
export async function outputOf(path: string): Promise<string> {
  return cut((await lastLines(path, outputLines)).join('\n'), outputChars);
}

/** The text without its middle, at most so many characters. */
export function cut(text: string, characters: number): string {
  return shortened(text, characters, (each) => each.length);
}

/** The text so that it cannot end the block that it stands in: neither a fence nor a line of our own marks is left in it. */
export function quoted(text: string): string {
  return text.replaceAll(/^([ \t]*)(?:```+|~~~+)/gmu, "$1'''").replaceAll(/^=====/gmu, ' =====');
}

/** Numbered, or a sentence that there are none. */
export function criteriaText(criteria: readonly string[]): string {
  if (criteria.length === 0) return 'There are no separate acceptance criteria: the task itself is the measure.';
  return ['Acceptance criteria:', ...criteria.map((each, at) => `${at + 1}. ${each}`)].join('\n');
}
