import { join } from 'node:path';
import { CoppiceError } from '../../core/errors.ts';
import type { AgentCommand, AgentContext } from '../agent.ts';

/** The longest argument that Linux takes, bytes (`MAX_ARG_STRLEN`, 32 pages, with its end mark). */
const longestArgument = 131_071;

const placeholder = /\{(prompt|promptFile|session)\}/gu;

/**
 * A user's words with the placeholders filled in, in one pass, so that what a prompt contains is never taken for a
 * placeholder. Without one for the prompt it becomes the command's whole input.
 */
export function commandOf(words: readonly string[], context: AgentContext, extra: readonly string[]): AgentCommand {
  const all = [...words, ...extra];
  const uses = (name: string): boolean => all.some((word) => word.includes(`{${name}}`));
  const promptFile = join(context.directory, 'prompt.md');
  const values: Readonly<Record<string, string>> = {
    prompt: context.prompt.text,
    promptFile,
    session: context.resume ?? context.agentSession ?? '',
  };
  const [command = '', ...args] = all.map((word) => filled(word, values));
  const given = uses('prompt') || uses('promptFile');
  return {
    command,
    args,
    env: {},
    duplex: false,
    firstInputs: given ? [] : [`${context.prompt.text}\n`],
    files: uses('promptFile') ? [{ path: promptFile, text: context.prompt.text }] : [],
  };
}

function filled(word: string, values: Readonly<Record<string, string>>): string {
  const result = word.replaceAll(placeholder, (_, name: string) => values[name] ?? '');
  if (result === word) return word;
  if (result.includes('\0')) {
    throw new CoppiceError(
      'bad-usage',
      'The prompt holds a NUL character, which no argument can.',
      'Remove it, or use `{promptFile}` in place of `{prompt}` in the settings of the agent.',
    );
  }
  if (Buffer.byteLength(result) > longestArgument) {
    throw new CoppiceError(
      'bad-usage',
      `The prompt is too long for an argument (more than ${longestArgument} bytes).`,
      'Shorten it, or use `{promptFile}` in place of `{prompt}` in the settings of the agent.',
    );
  }
  // A prompt that begins with a hyphen would be taken for an option; a blank before it changes nothing in a text.
  return word.startsWith('{') && result.startsWith('-') ? ` ${result}` : result;
}
