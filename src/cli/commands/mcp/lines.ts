import { CoppiceError } from '../../../core/errors.ts';

/** The longest message in characters: more than a prompt may be long. */
const longest = 8 * 1024 * 1024;

/** Cuts what comes in into its lines. An incomplete last line is no message. Throws `bad-usage` at a line without an end. */
export async function* linesOf(input: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    const lines = `${rest}${typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length <= longest) continue;
    throw new CoppiceError(
      'bad-usage',
      'A message on the standard input is longer than 8 MiB.',
      'Each message is one line of JSON (the stdio transport of the Model Context Protocol).',
    );
  }
}
