/** What the help server answers to a message of the Model Context Protocol. Pure but for `ask`. */
import { answerMcp, type McpOutcome } from '../../../core/mcp.ts';
import { listOf, textOf, wordOf, type Fields } from '../../fields.ts';

/** Longest part of a request, in characters: what a person reads, and less than the engine takes. */
const longest = 3000;

const parts = [
  ['goal', 'Goal', 'What you were to reach.'],
  ['tries', 'Tried', 'What you tried, and what came of it.'],
  ['error', 'Error', 'The error, word for word.'],
  ['diff', 'Diff', 'The change that is in question, if one is.'],
  ['log', 'Log', 'The end of the output that matters.'],
] as const;

const tool = {
  name: 'request_help',
  description:
    'Asks a person for help, when you cannot go on by yourself or only a person can decide. End your turn after it: the answer is your ' +
    'next prompt.',
  inputSchema: {
    type: 'object',
    properties: {
      question: { type: 'string', description: 'What a person is to answer, in a sentence or two.' },
      ...Object.fromEntries(parts.map(([name, , description]) => [name, { type: 'string', description }])),
    },
    required: ['question'],
    additionalProperties: false,
  },
} as const;

/** The answer to a message; undefined when none is due. `ask` leaves a question where the engine finds it. */
export async function answerTo(
  message: Fields | undefined,
  ask: (question: string) => Promise<void>,
): Promise<Fields | undefined> {
  return answerMcp(message, {
    ...{ title: 'Coppice', version: '1', tools: [tool] },
    call: async (_, given) => called(given, ask),
  });
}

async function called(given: Fields, ask: (question: string) => Promise<void>): Promise<McpOutcome> {
  const question = wordOf(textOf(given['question'])?.trim());
  if (question === undefined)
    return { text: 'The question is missing: say in `question` what a person is to answer.', isError: true };
  try {
    await ask(questionText(question, given));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { text: `The question could not be kept: ${why}`, isError: true };
  }
  return { text: 'A person is asked. End your turn now: the answer is your next prompt.' };
}

/** The question as a person reads it, with what was said beside it. */
export function questionText(question: string, given: Fields): string {
  const more = parts.flatMap(([name, heading]) => {
    const value = given[name];
    const text = (
      textOf(value) ??
      listOf(value)
        .filter((each) => typeof each === 'string')
        .join('\n')
    ).trim();
    return text === '' ? [] : [`${heading}:\n${cut(text)}`];
  });
  return `${[cut(question), ...more].join('\n\n')}\n`;
}

function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}
