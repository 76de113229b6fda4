import type { InMessage } from './messages.ts';
import { fieldsOf, parseFields, shallowOf, textOf, wordOf, type Fields } from '../fields.ts';

/** Cuts a stream of text into its lines; an incomplete last line is never handed out. */
export async function* linesOf(input: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** A line as a message to the agent; undefined when it is none. */
export function messageOf(line: string): InMessage | undefined {
  const fields = parseFields(line);
  const [id, text] = [wordOf(fields?.['id']), textOf(fields?.['text'])];
  if (fields === undefined) return undefined;
  switch (fields['type']) {
    case 'prompt':
      if (id === undefined || text === undefined) return undefined;
      return { type: 'prompt', id, text, steer: fields['steer'] === true };
    case 'interrupt':
      return id === undefined ? undefined : { type: 'interrupt', id };
    case 'answer':
      return answerOf(fields);
    default:
      return undefined;
  }
}

function answerOf(fields: Fields): InMessage | undefined {
  const request = wordOf(fields['request']);
  const choice = (['allow', 'deny', 'answer', 'abort'] as const).find((each) => each === fields['choice']);
  if (request === undefined || choice === undefined) return undefined;
  const [reason, input] = [textOf(fields['reason']), shallowOf(fields['input'])];
  const answers = Object.entries(fieldsOf(fields['answers']) ?? {}).flatMap(([question, answer]) =>
    typeof answer === 'string' ? [[question, answer] as const] : [],
  );
  return {
    type: 'answer',
    request,
    choice,
    ...(reason === undefined ? {} : { reason }),
    ...(input === undefined ? {} : { input }),
    ...(answers.length === 0 ? {} : { answers: Object.fromEntries(answers) }),
  };
}
