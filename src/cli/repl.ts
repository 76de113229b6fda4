import type { Command } from 'commander';
import { toErrorRecord } from '../core/errors.ts';
import { attend } from './attend.ts';
import type { Context } from './context.ts';
import { continueWork } from './continue-work.ts';
import { exits, type Exit } from './exit-codes.ts';
import { readLogs } from './read-logs.ts';
import { text } from './text.ts';
import { wordsOf } from './words.ts';
import { startWork } from './work-options.ts';

const introduction =
  'What you type goes to the current session, or begins one. Commands work without `coppice`, or with a slash before ' +
  'them; `@` stands for the current session. Also: new, use <session>, help, exit.';

/** What the prompt line needs of the program around it. */
export interface ReplOptions {
  /** The grammar, by which a line is told to be a command. */
  readonly program: Command;
  /** Runs a command line; `began` is told of each session that it starts or continues. */
  readonly command: (words: readonly string[], began: (session: string) => void) => Promise<Exit>;
}

/** A prompt line that keeps the current session from one line to the next, until `exit` or the end of the input. */
export async function repl(context: Context, { program, command }: ReplOptions): Promise<Exit> {
  const { engine, out, person } = context;
  let current: string | undefined;
  out.line(out.paint.dim(introduction));
  for (;;) {
    const typed = await person?.ask(`coppice${current === undefined ? '' : ` ${current.slice(0, 8)}`}> `);
    if (typed === undefined) return exits.done;
    const [first = '', second] = wordsOf(typed);
    try {
      if (first === 'exit' || first === 'quit') return exits.done;
      if (first === 'new') current = undefined;
      else if (first === 'use' && second !== undefined)
        current = (await engine.request('session/show', { session: second })).id;
      else if (isCommand(typed, program)) {
        const words = wordsOf(typed.replace(/^\s*\//, '')).map((word) => (word === '@' ? (current ?? word) : word));
        await command(words, (session) => (current = session));
      } else if (typed.trim() !== '') current = await give(context, current, typed.trim());
    } catch (error) {
      out.error(toErrorRecord(error));
    }
  }
}

/** Gives a prompt to the current session, or begins one, and follows it. Gives the session. */
async function give(context: Context, current: string | undefined, prompt: string): Promise<string> {
  const { engine, out } = context;
  if (current === undefined) {
    const { id } = await startWork(context, prompt, {});
    out.line(out.paint.dim(text`session ${id}`));
    await attend(context, id);
    return id;
  }
  const end = await readLogs(engine, current, () => undefined);
  await continueWork(context, current, prompt);
  await attend(context, current, end);
  return current;
}

/**
 * Whether a line is meant as a command. A sentence may begin with the name of one ("status of the build is red"), so what
 * follows has to fit: a command of the group, an option, a session where one is wanted, a quoted text, or nothing.
 */
export function isCommand(line: string, program: Command): boolean {
  const given = line.trim();
  if (given.startsWith('/')) return true;
  const [name = '', next] = wordsOf(given);
  const command = find(program, name);
  if (command === undefined) return name === 'help';
  if (next === undefined || next.startsWith('-')) return true;
  if (command.commands.length > 0) return next === 'help' || find(command, next) !== undefined;
  const [wanted] = command.registeredArguments;
  if (wanted?.name() === 'session' && session.test(next)) return true;
  return wanted !== undefined && /^["']/.test(given.slice(name.length).trimStart());
}

/** The current session, a task, or the beginning of an id: with letter and digit, as "undo 2024" and "accept dead code" are prompts. */
const session = /^(?:@|coppice\.\S+|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{4,8}|[0-9a-f]{8}(?:-[0-9a-f-]*)?)$/u;

function find(group: Command, name: string): Command | undefined {
  return group.commands.find((command) => command.name() === name || command.aliases().includes(name));
}
