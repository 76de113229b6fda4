import type { ParamsOf, Requests } from '../protocol/contract.ts';
import type { BreakpointView } from '../protocol/schemas.ts';
import { badUsage } from './usage-error.ts';

type Question = NonNullable<BreakpointView['questions']>[number];
type Answers = NonNullable<ParamsOf<Requests, 'session/answer'>['answer']['answers']>;

/** The labels that `typed` means: their numbers (with commas when several may be chosen), their names in any case, or own words. */
export function chosenLabels(question: Question, typed: string): string {
  const whole = typed.trim();
  const exact = labelOf(question, whole);
  if (exact !== undefined) return exact;
  if (!question.multiSelect) return whole;
  const parts = whole.split(',').map((part) => part.trim());
  const labels = parts.map((part) => labelOf(question, part));
  return labels.every((label) => label !== undefined) ? labels.join(', ') : whole;
}

function labelOf({ options }: Question, word: string): string | undefined {
  if (/^[1-9]\d?$/.test(word)) return options[Number(word) - 1]?.label;
  return options.find(({ label }) => label.toLowerCase() === word.toLowerCase())?.label;
}

/**
 * The answers that `--answer` options stand for. Each is `question=choice`, where the question is its number, its header, its
 * words or a beginning of them; with a single question the choice alone will do.
 */
export function answersFrom(questions: readonly Question[], given: readonly string[]): Answers {
  const chosen = new Map<Question, string[]>();
  for (const each of given) {
    const { question, choice } = split(questions, each);
    chosen.set(question, [...(chosen.get(question) ?? []), chosenLabels(question, choice)]);
  }
  const open = questions.find((question) => !chosen.has(question));
  if (open !== undefined)
    throw badUsage(`No answer is given to "${open.question}".`, `Add --answer "${open.question}=<choice>".`);
  return Object.fromEntries([...chosen].map(([{ question }, labels]) => [question, labels.join(', ')]));
}

function split(questions: readonly Question[], given: string): { question: Question; choice: string } {
  // A question may hold `=` itself: every place is tried, and a whole name wins over the beginning of one.
  for (const find of [named, begun]) {
    for (let at = given.indexOf('='); at >= 0; at = given.indexOf('=', at + 1)) {
      const question = find(questions, given.slice(0, at).trim().toLowerCase());
      if (question !== undefined) return { question, choice: given.slice(at + 1) };
    }
  }
  const [only, ...others] = questions;
  if (only !== undefined && others.length === 0) return { question: only, choice: given };
  const known = questions.map(({ question }, i) => `${i + 1} = ${question}`).join('; ');
  throw badUsage(
    `--answer "${given}" names no question.`,
    `Write "<question or number>=<choice>". The questions: ${known}.`,
  );
}

function named(questions: readonly Question[], name: string): Question | undefined {
  if (/^[1-9]\d?$/.test(name)) return questions[Number(name) - 1];
  return questions.find(({ question, header }) => [question, header].some((each) => each?.toLowerCase() === name));
}

function begun(questions: readonly Question[], name: string): Question | undefined {
  const found = questions.filter(({ question }) => name !== '' && question.toLowerCase().startsWith(name));
  return found.length === 1 ? found[0] : undefined;
}
