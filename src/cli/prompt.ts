import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { readLimited } from './read-limited.ts';
import type { Shell } from './shell.ts';
import { badUsage } from './usage-error.ts';

/** The largest prompt in bytes (`protocol/schemas.ts`: 4 Mi characters). */
const limit = 4 * 1024 * 1024;

const how = 'Give it in quotes as an argument, or with `--prompt-file <path>` (`-` reads standard input).';

/** The prompt of a command, word for word: from its argument or from a file, never from both. */
export async function promptFrom(
  shell: Shell,
  argument: string | undefined,
  file: string | undefined,
): Promise<string> {
  if (argument !== undefined && file !== undefined) {
    throw badUsage('The prompt is given twice, as an argument and as a file.', 'Leave one of the two out.');
  }
  const prompt = argument ?? (file === undefined ? undefined : await read(shell, file));
  if (prompt === undefined) throw badUsage('The prompt is missing.', how);
  if (prompt.trim() === '') throw badUsage('The prompt is empty.', how);
  return prompt;
}

async function read(shell: Shell, file: string): Promise<string> {
  const name = file === '-' ? 'Standard input' : `The prompt file ${file}`;
  const bytes = await bytesOf(shell, file, name);
  if (bytes.length > limit) {
    throw badUsage(
      `${name} is longer than 4 MiB.`,
      'Put the material into a file of the repository and name that file in the prompt.',
    );
  }
  let prompt: string;
  try {
    prompt = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badUsage(`${name} is not UTF-8 text.`, 'Convert it to UTF-8.');
  }
  if (prompt.includes('\0'))
    throw badUsage(`${name} holds a NUL byte, so it is no text.`, 'Check that it is the right file.');
  return prompt;
}

async function bytesOf(shell: Shell, file: string, name: string): Promise<Uint8Array> {
  if (file === '-') return shell.readStdin(limit + 1);
  try {
    return await readLimited(createReadStream(resolve(shell.cwd, file)), limit + 1);
  } catch (error) {
    throw badUsage(`${name} cannot be read (${systemCode(error) ?? String(error)}).`, 'Check its path.');
  }
}
