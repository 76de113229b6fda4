import type { ParamsOf, Requests } from '../protocol/contract.ts';
import type { BreakpointView } from '../protocol/schemas.ts';
import { chosenLabels } from './answer-options.ts';
import type { Context } from './context.ts';
import { oneLine } from '../core/printable.ts';
import type { Keyboard } from './shell.ts';

/** What goes into `session/answer` beside the names of session and breakpoint. */
export type Given = Pick<ParamsOf<Requests, 'session/answer'>, 'answer' | 'requester'>;

/** Asks the person at the terminal. Undefined when they put it off, the input ended, or `signal` was aborted. */
export async function askPerson(
  context: Context,
  breakpoint: BreakpointView,
  signal: AbortSignal,
): Promise<Given | undefined> {
  const { person } = context;
  if (person === undefined) return undefined;
  switch (breakpoint.kind) {
    case 'permission':
    case 'plan':
      return askPermission(person, breakpoint, signal);
    case 'question':
      return askQuestions(person, breakpoint, signal);
    case 'decision':
      return askDecision(person, breakpoint, signal);
    case 'credential':
      return askSecrets(context, person, breakpoint, signal);
  }
}

async function choose<T extends string>(
  person: Keyboard,
  question: string,
  choices: Readonly<Record<string, T>>,
  signal: AbortSignal,
): Promise<T | undefined> {
  for (;;) {
    const typed = await person.ask(question, signal);
    if (typed === undefined) return undefined;
    const word = typed.trim().toLowerCase();
    const hit = word === '' ? undefined : Object.keys(choices).find((name) => name === word || name[0] === word);
    if (hit !== undefined) return choices[hit];
  }
}

async function askPermission(
  person: Keyboard,
  { input, kind, fixed }: BreakpointView,
  signal: AbortSignal,
): Promise<Given | undefined> {
  const editable = input !== undefined && kind === 'permission' && fixed !== true;
  const edit = editable ? ', [e]dit the input' : '';
  const choices = {
    yes: 'yes',
    no: 'no',
    ...(editable ? { edit: 'edit' } : {}),
    abort: 'abort',
    later: 'later',
  } as const;
  const chosen = await choose(person, `Allow? [y]es, [n]o${edit}, [a]bort the session, [l]ater: `, choices, signal);
  switch (chosen) {
    case 'yes':
      return { answer: { choice: 'allow' } };
    case 'no': {
      const reason = await person.ask('Why not? (told to the agent; may be empty): ', signal);
      return reason === undefined
        ? undefined
        : { answer: { choice: 'deny', ...(reason.trim() === '' ? {} : { reason }) } };
    }
    case 'edit': {
      const edited = await askInput(person, input ?? {}, signal);
      return edited === undefined ? undefined : { answer: { choice: 'allow', input: edited } };
    }
    case 'abort':
      return { answer: { choice: 'abort' } };
    default:
      return undefined;
  }
}

/** The person lets it through, says what is to be done next, or takes over. */
async function askDecision(
  person: Keyboard,
  { about }: BreakpointView,
  signal: AbortSignal,
): Promise<Given | undefined> {
  const isLoss = about?.lost !== undefined;
  const choices = {
    ...(isLoss ? ({ 'put them back': 'put-back' } as const) : {}),
    ...({ yes: 'allow', no: 'deny', 'take over': 'hand-over', abort: 'abort', later: 'later' } as const),
  };
  const yes = about?.limit === true ? 'as much again' : about?.hold === true ? 'go on' : 'it is as it should be';
  const rest = '[n]o, but do this …, [t]ake over, [a]bort the session, [l]ater: ';
  const first = isLoss ? '[p]ut them back, [y]es, they are meant to go' : `[y]es, ${yes}`;
  const chosen = await choose(person, `${first}, ${rest}`, choices, signal);
  if (chosen === undefined || chosen === 'later') return undefined;
  if (chosen !== 'deny') return { answer: { choice: chosen } };
  for (;;) {
    const reason = await person.ask('What is to be done? (the next prompt): ', signal);
    if (reason === undefined) return undefined;
    if (reason.trim() !== '') return { answer: { choice: 'deny', reason } };
  }
}

async function askInput(
  person: Keyboard,
  input: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  for (;;) {
    const typed = await person.ask(`Input as JSON (now ${oneLine(JSON.stringify(input), 2000)}): `, signal);
    if (typed === undefined) return undefined;
    const parsed = jsonObject(typed);
    if (parsed !== undefined) return parsed;
  }
}

/** The JSON object that a text stands for, or undefined when it is none. */
export function jsonObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value));
  } catch {
    return undefined;
  }
}

async function askQuestions(
  person: Keyboard,
  { questions = [] }: BreakpointView,
  signal: AbortSignal,
): Promise<Given | undefined> {
  const answers: Record<string, string> = {};
  for (const [i, question] of questions.entries()) {
    const which = questions.length > 1 ? `Question ${i + 1}: ` : '';
    const several = question.multiSelect ? 'numbers with commas' : 'a number';
    let chosen = '';
    while (chosen === '') {
      const typed = await person.ask(`${which}${several} or your own words (\`later\`, \`abort\`): `, signal);
      if (typed === undefined || typed.trim() === 'later') return undefined;
      if (typed.trim() === 'abort') return { answer: { choice: 'abort' } };
      chosen = chosenLabels(question, typed);
    }
    answers[question.question] = chosen;
  }
  return { answer: { choice: 'answer', answers } };
}

async function askSecrets(
  context: Context,
  person: Keyboard,
  { secrets = [] }: BreakpointView,
  signal: AbortSignal,
): Promise<Given | undefined> {
  const choices = { provide: 'provide', without: 'without', abort: 'abort', later: 'later' } as const;
  const chosen = await choose(
    person,
    '[p]rovide it, go on [w]ithout it, [a]bort the session, [l]ater: ',
    choices,
    signal,
  );
  if (chosen === undefined || chosen === 'later') return undefined;
  if (chosen !== 'provide') return { answer: { choice: chosen === 'abort' ? 'abort' : 'deny' } };
  const given = new Map<string, string>();
  for (const name of secrets) {
    const value = context.shell.env[name] ?? (await person.askHidden(`${oneLine(name, 100)}: `, signal));
    if (value === undefined) return undefined;
    if (value !== '') given.set(name, value);
  }
  return { answer: { choice: 'allow' }, requester: { env: {}, secrets: Object.fromEntries(given) } };
}
