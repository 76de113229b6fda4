import type { Command } from 'commander';
import { toErrorRecord } from '../core/errors.ts';
import { nearest } from '../core/settings/suggest.ts';
import { attend } from './attend.ts';
import type { Context } from './context.ts';
import { continueWork } from './continue-work.ts';
import { exits, type Exit } from './exit-codes.ts';
import { readLogs } from './read-logs.ts';
import { oneLine } from '../core/printable.ts';
import { text } from './text.ts';
import { badUsage } from './usage-error.ts';
import { wordsOf } from './words.ts';
import { startWork } from './work-options.ts';
import { isYes } from './with-trust.ts';

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
  const { out, person } = context;
  let current: string | undefined;
  out.line(out.paint.dim(introduction));
  for (;;) {
    const typed = await person?.ask(`coppice${current === undefined ? '' : ` ${current.slice(0, 8)}`}> `);
    if (typed === undefined) return exits.done;
    const line = typed.trim();
    try {
      // With other words behind it, each of these begins a sentence.
      const [, named] = /^use(?:\s+(\S+))?$/u.exec(line) ?? [];
      if (/^(?:exit|quit)$/u.test(line)) return exits.done;
      if (line === 'new') current = undefined;
      else if (named !== undefined || line === 'use') current = await sessionNamed(context, named);
      else {
        const asked = await commandIn(context, line, program, current === undefined);
        if (asked.kind === 'prompt') current = await give(context, current, line);
        if (asked.kind !== 'command') continue;
        const words = wordsOf(asked.line.replace(/^\//, '')).map((word) => (word === '@' ? (current ?? word) : word));
        await command(words, (session) => (current = session));
      }
    } catch (error) {
      out.error(toErrorRecord(error));
    }
  }
}

async function sessionNamed({ engine }: Context, key: string | undefined): Promise<string> {
  if (key === undefined) throw badUsage('It is not said which session.', 'Write `use <session>`.');
  return (await engine.request('session/show', { session: key })).id;
}

type Asked =
  { readonly kind: 'command'; readonly line: string } | { readonly kind: 'prompt' } | { readonly kind: 'nothing' };

/**
 * What a line asks for. One that looks like a mistyped command, or a single word that would begin a session, reaches an agent
 * only after a person has said so.
 */
async function commandIn({ out, person }: Context, line: string, program: Command, begins: boolean): Promise<Asked> {
  if (line === '') return { kind: 'nothing' };
  if (isCommand(line, program)) return { kind: 'command', line };
  const meant = meantCommand(line, program);
  if (meant === undefined && !(begins && /^\S+$/.test(line))) return { kind: 'prompt' };
  const said = oneLine(line, 60);
  if (
    meant !== undefined &&
    isYes(await person?.ask(`\`${said}\` is no command. Run \`${oneLine(meant, 60)}\`? [y/N] `))
  )
    return { kind: 'command', line: meant };
  if (isYes(await person?.ask(`Give \`${said}\` to an agent as its prompt? [y/N] `))) return { kind: 'prompt' };
  out.line(out.paint.dim('Nothing was done.'));
  return { kind: 'nothing' };
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

/**
 * The command line that a line which is none was probably meant to be: with one word, the first or the one behind the name of
 * a group, put right, it is one. Undefined when nothing is near.
 */
export function meantCommand(line: string, program: Command): string | undefined {
  const [, first = '', rest = ''] = /^(\S+)(.*)$/su.exec(line) ?? [];
  const group = find(program, first);
  if (group === undefined) {
    const name = nearest(first, namesIn(program));
    if (name === undefined) return undefined;
    const put = `${name}${rest}`;
    return isCommand(put, program) ? put : meantIn(find(program, name), name, rest);
  }
  return meantIn(group, first, rest);
}

function meantIn(group: Command | undefined, name: string, rest: string): string | undefined {
  const [, gap = '', second = '', more = ''] = /^(\s+)(\S+)(.*)$/su.exec(rest) ?? [];
  if (group === undefined || group.commands.length === 0 || second === '') return undefined;
  const near = nearest(second, namesIn(group));
  return near === undefined ? undefined : `${name}${gap}${near}${more}`;
}

function namesIn(group: Command): string[] {
  return group.commands.flatMap((command) => [command.name(), ...command.aliases()]);
}

function find(group: Command, name: string): Command | undefined {
  return group.commands.find((command) => command.name() === name || command.aliases().includes(name));
}
