import { CoppiceError } from '../../core/errors.ts';

/** The longest argument that Linux takes, bytes (`MAX_ARG_STRLEN`, 32 pages, with its end mark), less what a flag before it takes. */
const longestArgument = 131_071 - 64;

/** A prompt as it may stand in an argument. Throws `bad-usage` for one that cannot. */
export function promptArgument(text: string): string {
  if (text.includes('\0')) {
    throw new CoppiceError('bad-usage', 'The prompt holds a NUL character, which no argument can.', 'Remove it.');
  }
  if (Buffer.byteLength(text) > longestArgument) {
    throw new CoppiceError(
      'bad-usage',
      `The prompt is too long for this agent, which takes it as an argument (more than ${longestArgument} bytes).`,
      'Put the long part into a file of the worktree, and name that file in the prompt.',
    );
  }
  return text;
}
