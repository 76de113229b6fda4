/** Whether what came back from a turn can be judged at all: always before gates and model, and by rules alone. */
import type { TurnOutcome } from '../agent/events.ts';
import { holdsCall } from './garbled.ts';

/** What is known of a turn that ended. Paths are relative to the worktree. */
export interface TurnFacts {
  readonly outcome: TurnOutcome;
  /** The agent's own word for it. */
  readonly reason: string;
  readonly text: string;
  readonly changedFiles: readonly string[];
  /** Files that the task says will be there. */
  readonly expectedFiles: readonly string[];
  /** Those of the expected files that are there. */
  readonly presentFiles: readonly string[];
  /** Beginnings of paths that the task may touch; empty: all. */
  readonly allowedPaths: readonly string[];
  /** The task cannot be done without changing a file. */
  readonly needsChange: boolean;
  /** Not a single file differs from where the work began. */
  readonly unchanged: boolean;
  /** Lines of output that could not be read. */
  readonly malformedLines: number;
  /** Part of the output is missing. */
  readonly incomplete: boolean;
}

export const issueKinds = [
  'failed',
  'interrupted',
  'empty',
  'truncated',
  'malformed',
  'refused',
  'asks',
  'missing-file',
  'unexpected-file',
  'claim-without-change',
  'unfinished',
] as const;
export type IssueKind = (typeof issueKinds)[number];

/** One thing that is wrong with what came back; plain text. */
export interface Issue {
  readonly kind: IssueKind;
  readonly sentence: string;
}

/** Of longer last words only the end is looked at. */
const looked = 32 * 1024;

/** What is wrong with the turn, in the order in which it matters; nothing: gates and model may look at it. */
export function validate(turn: TurnFacts): readonly Issue[] {
  const facts = { ...turn, text: turn.text.slice(-looked) };
  const ended = endOf(facts);
  // What a turn that did not end well says about itself is worth nothing.
  if (ended !== undefined) return [ended];
  return [
    emptyOf(facts),
    truncatedOf(facts),
    malformedOf(facts),
    refusedOf(facts),
    asksOf(facts),
    ...filesOf(facts),
    claimOf(facts),
    unfinishedOf(facts),
  ].filter((each) => each !== undefined);
}

function issue(kind: IssueKind, sentence: string): Issue {
  return { kind, sentence };
}

const lengthReasons = /max_?(output_?)?tokens|max_?turns|length|budget|prompt_too_long|context/iu;

function endOf({ outcome, reason }: TurnFacts): Issue | undefined {
  if (reason === 'refusal') return issue('refused', 'The model refused the task.');
  switch (outcome) {
    case 'success':
      return lengthReasons.test(reason) ? issue('truncated', `The turn was cut off (${reason}).`) : undefined;
    case 'limit':
      return issue('truncated', `The turn was cut off (${reason}).`);
    case 'interrupted':
      return issue('interrupted', 'The turn was interrupted.');
    case 'failed':
    case 'crashed':
    case 'rate-limited':
      return lengthReasons.test(reason)
        ? issue('truncated', `The turn was cut off (${reason}).`)
        : issue('failed', `The turn failed (${reason}).`);
  }
}

function emptyOf({ text, changedFiles }: TurnFacts): Issue | undefined {
  const words = text.replaceAll(/[\s\p{P}\p{S}\p{Cf}]+/gu, '');
  return words === '' && changedFiles.length === 0
    ? issue('empty', 'The agent said nothing and changed nothing.')
    : undefined;
}

/** Words after which a sentence goes on. Those that may also stand last ("as before", "whether or not", "part I") are none of them. */
const goingOn = [
  ...['and', 'or', 'the', 'a', 'an', 'is', 'are', 'will', 'then', 'next', 'but', 'because', 'if', 'which', 'that'],
  ...['as', 'between', 'than', 'while', 'whether', 'my', 'your', 'its', 'their', 'our', 'whose', 'we'],
  ...['these', 'those', 'every', 'such'],
];
/** They go on, too, unless what they are about stands before them: "the file that it came from", "what you asked for". */
const prepositions = 'to|of|with|for|in|on|from|at|by|into|onto';
const openEnd = new RegExp(
  String.raw`(?:[,:[{\\]|(?<![:;]-?)\(|(?<=^|\s)[=+&|]|\b(?:${goingOn.join('|')}|${prepositions}))$`,
  'iu',
);
const strandedEnd = new RegExp(
  String.raw`\S \b(?:you|they|it|that|which|what|where|the \S+ (?:i|we))(?: \S+){1,2} (?:${prepositions})$`,
  'iu',
);

function truncatedOf({ text, incomplete }: TurnFacts): Issue | undefined {
  const trimmed = text.trimEnd();
  if (incomplete) return issue('truncated', 'Part of the output is missing.');
  if (trimmed.split(/^[ \t]*(?:```|~~~)/mu).length % 2 === 0)
    return issue('truncated', 'The last words end inside of a block of code.');
  return endsOpen(trimmed) || endsInside(trimmed)
    ? issue('truncated', 'The last words end in the middle of a sentence.')
    : undefined;
}

/** The last line wants more after it. The row of a table ends with a bar, and is whole when it has the cells of the row before it. */
function endsOpen(text: string): boolean {
  const [line = '', before = ''] = text.slice(-4000).split('\n').toReversed();
  if (isRow(line)) return isRow(before) && cells(line) < cells(before);
  const end = line.slice(-200);
  return openEnd.test(end) && !strandedEnd.test(end);
}

function isRow(line: string): boolean {
  const row = line.trim();
  return row.length > 1 && row.startsWith('|') && row.endsWith('|');
}

function cells(row: string): number {
  return row.replaceAll(/\\.|`[^`]*`/gu, '').split('|').length;
}

/** Inside of brackets or of a piece of code that was begun in the last paragraph, without the end of a sentence. */
function endsInside(text: string): boolean {
  const last = text.slice(Math.max(0, text.lastIndexOf('\n\n'), text.lastIndexOf('```'))).slice(-4000);
  if (/[.!?…]["'”»)*_]*$/u.test(last) || last.startsWith('```')) return false;
  if ((last.split('`').length - 1) % 2 === 1) return true;
  // A bracket that is spoken of, or that is half of a face, opens nothing. A range may close with another one than it opened with.
  const prose = last.replaceAll(/`[^`]*`|(?<=^|\s)[:;]-?[()]/gu, '');
  const count = (of: RegExp): number => [...prose.matchAll(of)].length;
  return count(/[([{]/gu) > count(/[)\]}]/gu);
}

function malformedOf({ text, malformedLines }: TurnFacts): Issue | undefined {
  if (malformedLines > 0) return issue('malformed', `${malformedLines} lines of the output could not be read.`);
  if (holdsCall(text)) return issue('malformed', 'The last words hold a call of a tool that was not made.');
  const odd = [...text.matchAll(/[\uFFFD\u0000-\u0008\u000E-\u001F]/gu)].length;
  return odd > 3 && odd > text.length / 100 ? issue('malformed', 'The last words are not readable text.') : undefined;
}

const refusal =
  /^(?:[\s*_#>-]*)(?:(?:i['’]?m|i am) (?:sorry|afraid|unable|not able)|sorry,? (?:but )?i|i (?:can(?:['’]t|not)|won['’]t|will not|must decline|am not able to|don['’]t feel comfortable)|unfortunately,? i (?:can(?:['’]t|not)|am unable))/iu;

function refusedOf({ text, changedFiles }: TurnFacts): Issue | undefined {
  return changedFiles.length === 0 && refusal.test(text) ? issue('refused', 'The agent refused the task.') : undefined;
}

const questions =
  /\b(?:should|shall|would you|do you|could you|can you|which|what|how|where|may i|please (?:confirm|clarify|provide|let me know))\b[^.!?]*\?$/iu;

function asksOf({ text }: TurnFacts): Issue | undefined {
  return questions.test(text.trim().slice(-400)) ? issue('asks', 'The agent asks something.') : undefined;
}

function filesOf({ expectedFiles, presentFiles, changedFiles, allowedPaths }: TurnFacts): readonly Issue[] {
  const missing = expectedFiles.filter((each) => !presentFiles.includes(each));
  const foreign =
    allowedPaths.length === 0 ? [] : changedFiles.filter((each) => !allowedPaths.some((path) => isAt(each, path)));
  return [
    ...(missing.length === 0 ? [] : [issue('missing-file', `Expected and not there: ${listed(missing)}.`)]),
    ...(foreign.length === 0
      ? []
      : [issue('unexpected-file', `Changed, and not part of the task: ${listed(foreign)}.`)]),
  ];
}

function isAt(file: string, path: string): boolean {
  return file === path || file.startsWith(path.endsWith('/') ? path : `${path}/`);
}

function listed(files: readonly string[]): string {
  const shown = files.slice(0, 5).join(', ');
  return files.length > 5 ? `${shown} and ${files.length - 5} more` : shown;
}

const claim =
  /\b(?:done|completed?|finished|implemented|fixed|added|created|updated|refactored|removed|all tests pass|works now|is now)\b/iu;

/** What an agent says that it did itself to files, as against what it found or was asked for. */
const ownWork =
  /\bi(?:['’]ve| have)? (?:(?:just|now|also|already|successfully) )?(?:fixed|implemented|added|created|updated|changed|refactored|rewrote|rewritten|removed|renamed)\b/iu;

/** What an agent that only spoke has to know, whatever it spoke: a plan, a claim, or calls in a format that nobody here knows. */
const onlySaid = 'What is only said, a call of a tool included, changes nothing.';

function claimOf({ text, changedFiles, needsChange, unchanged }: TurnFacts): Issue | undefined {
  if (!needsChange && unchanged && ownWork.test(text))
    return issue('claim-without-change', 'The agent says that it changed something, and no file is changed.');
  if (!needsChange || changedFiles.length > 0) return undefined;
  return claim.test(text)
    ? issue('claim-without-change', `The agent says that it is done, and no file is changed. ${onlySaid}`)
    : issue('empty', `The task needs a change, and no file is changed. ${onlySaid}`);
}

/** Ways to say that something is not done, about the work itself. "Not tested on Windows" or "no further steps" are none of them. */
const admissions: readonly RegExp[] = [
  /(?<!\b(?:nothing|none|neither) )\b(?:is|are|was|were|remains?|stays?|left) (?:still )?(?:open|missing|unfinished|incomplete|undone|outstanding|to be done)(?=\s*(?:[.,;:!)]|$))/imu,
  /\b(?:remaining|still (?:to do|missing|open|todo)|not (?:yet )?(?:covered|done|implemented|included|handled|finished)(?: yet)?|what is missing)\s*(?::|is\b|are\b|$)/imu,
  /\b(?:partly|partially|half|only (?:partly|partially)) (?:done|finished|implemented|complete)\b/iu,
  /\b(?:did(?: not|n['’]t)|could(?: not|n['’]t)|was(?: not|n['’]t) able to|wasn['’]t able to|were(?: not|n['’]t) able to|have(?: not|n['’]t)|haven['’]t) (?:yet )?(?:get|got|gotten|fix|finish|complete|implement|solve|make|manage|address|resolve)\b/iu,
  /\b(?:does|do)(?: not|n['’]t) (?:yet\b|work\b(?! with))|\bdoes(?: not|n['’]t)\s*yet\b|\b(?:does|do) not yet\b/iu,
  /\b(?:leave|left|leaving|defer(?:red)?|postponed?|save) (?:that|this|it|the rest)?\s*(?:for|to|until) (?:a |the |another )?(?:follow-?up|later|next|another|future)/iu,
  /\b(?:was|were|have been|been|is|are) (?:skipped|left out|omitted|not included)\b/iu,
  /\b(?:first|initial) (?:step|part|version|draft|half|pass)\b[^.]{0,200}\b(?:done|finished|complete|without|only|next)/iu,
  /\b(?:still (?:fails?|failing|red|broken)|keeps? (?:on )?failing|giv(?:e|ing) up|ran out of|no luck)\b/iu,
  /\bstopped (?:before|here|short)\b|\bi stop here\b/iu,
];

function unfinishedOf({ text }: TurnFacts): Issue | undefined {
  const prose = text.replaceAll(/^[ \t]*```.*?^[ \t]*```/gmsu, '').replaceAll(/`[^`\n]*`/gu, 'it');
  return admissions.some((each) => each.test(prose))
    ? issue('unfinished', 'The agent says itself that a part is not done.')
    : undefined;
}
