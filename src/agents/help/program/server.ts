/** What the help server answers to a message of the Model Context Protocol (JSON-RPC). Pure but for `ask`. */
import { fieldsOf, listOf, textOf, wordOf, type Fields } from '../../fields.ts';

/** Versions of the protocol that are the same as far as this server goes. */
const versions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

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
  const id = message?.['id'];
  if (message === undefined) return refused(null, -32700, 'This is no JSON object.');
  if (typeof id !== 'string' && typeof id !== 'number') return undefined;
  const params = fieldsOf(message['params']) ?? {};
  const done = (result: Fields): Fields => ({ jsonrpc: '2.0', id, result });
  switch (message['method']) {
    case 'initialize':
      return done({
        protocolVersion: versions.find((each) => each === params['protocolVersion']) ?? versions[0],
        capabilities: { tools: {} },
        serverInfo: { name: 'coppice', title: 'Coppice', version: '1' },
      });
    case 'ping':
      return done({});
    case 'tools/list':
      return done({ tools: [tool] });
    case 'tools/call':
      if (params['name'] !== tool.name) return refused(id, -32602, 'There is no such tool.');
      return done(await called(fieldsOf(params['arguments']) ?? {}, ask));
    default:
      // What answers a request of ours has no method; there are none.
      return wordOf(message['method']) === undefined ? undefined : refused(id, -32601, 'There is no such method.');
  }
}

async function called(given: Fields, ask: (question: string) => Promise<void>): Promise<Fields> {
  const question = wordOf(textOf(given['question'])?.trim());
  if (question === undefined)
    return said('The question is missing: say in `question` what a person is to answer.', true);
  try {
    await ask(questionText(question, given));
  } catch (error) {
    return said(`The question could not be kept: ${error instanceof Error ? error.message : String(error)}`, true);
  }
  return said('A person is asked. End your turn now: the answer is your next prompt.', false);
}

function said(text: string, isError: boolean): Fields {
  return { content: [{ type: 'text', text }], isError };
}

function refused(id: string | number | null, code: number, message: string): Fields {
  return { jsonrpc: '2.0', id, error: { code, message } };
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
