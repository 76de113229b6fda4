import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { Session } from '../../core/session/state.ts';
import { readSettingsText } from '../config/file.ts';
import type { LeftQuestion, SessionContext } from '../sessions/context.ts';
import { cut, materialOf } from './material.ts';

const longestDiff = 12_000;

/** What a person needs to help: question, goal, what was tried, what went wrong, the last words, what changed. Plain text. */
export async function helpDetail(
  context: Pick<SessionContext, 'checkpoints'>,
  session: Session,
  question: string,
): Promise<string> {
  const { worktree, checkpoint, attempts, lastTurn, turnNotes = [] } = session;
  const material =
    worktree === undefined || checkpoint === undefined
      ? undefined
      : await materialOf(context, session, worktree, { tree: checkpoint.tree });
  const tried = turnNotes.map(({ n, about = '', outcome = 'under way' }) => `${n}. ${about} (${outcome})`);
  const errors = (attempts?.errors ?? []).map(({ count, fingerprint }) => `${count} times: ${fingerprint.message}`);
  const parts: readonly (readonly [string, string])[] = [
    ['Question', question],
    ['Goal', cut(session.goal, 4000)],
    ['Tried', tried.join('\n')],
    ['Errors', errors.join('\n')],
    ['Last words of the agent', lastTurn?.text ?? ''],
    ['Changed so far', material?.files ?? ''],
    ['', cut(material?.changes ?? '', longestDiff)],
  ];
  return parts
    .filter(([, text]) => text.trim() !== '')
    .map(([heading, text]) => (heading === '' ? text : `${heading}:\n${text}`))
    .join('\n\n');
}

const signalFolder = '.coppice';
/** Written by an agent that cannot go on by itself, in its worktree; what stands in it is its question. Git does not see it. */
const signalFile = 'help.md';
const longestQuestion = 20_000;

/** A question that an agent left in its worktree, with what a person needs to answer it. */
export interface AgentQuestion extends Pick<LeftQuestion, 'taken'> {
  readonly question: string;
  readonly detail: string;
}

/**
 * The question that the agent left when its turn ended, if it left one. It is text and nothing else: whatever it says, it is shown to
 * a person. A file that is a link, too long, or no text is no question.
 */
export async function agentQuestion(
  context: Pick<SessionContext, 'checkpoints' | 'clock' | 'away'>,
  session: Session,
): Promise<AgentQuestion | undefined> {
  const place = session.worktree;
  if (place === undefined) return undefined;
  const left = (await context.away.question(session)) ?? (await leftHere(place.path, context.clock));
  const question = cut(printable(left?.text ?? '').trim(), longestQuestion);
  if (left === undefined || question === '') return undefined;
  return { question, detail: await helpDetail(context, session, question), taken: left.taken };
}

async function leftHere(worktree: string, clock: () => number): Promise<LeftQuestion | undefined> {
  if (!(await isFolder(join(worktree, signalFolder)))) return undefined;
  const path = join(worktree, signalFolder, signalFile);
  const file = await readSettingsText(path, { links: false, clock });
  if (file === 'same' || file.kind !== 'text') return undefined;
  return { text: file.text, taken: () => rm(path, { force: true }) };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}
