import type { Command } from 'commander';
import { CoppiceError } from '../../../core/errors.ts';
import type { Context, Perform } from '../../context.ts';
import { exits, type Exit } from '../../exit-codes.ts';
import { text } from '../../text.ts';
import { sessionArgument } from '../../session-argument.ts';

const summary = 'go to where a session works';
const description =
  'Opens what the executor of a session has for people: the window of the session in tmux, a shell in its container or on its ' +
  'host, else a shell in its worktree. In a pipe, and with --json, the command is printed and not run.';

/** Adds `session terminal`. Succeeds when the program that it runs does. */
export function addSessionTerminal(group: Command, perform: Perform): void {
  addTerminal(group, 'terminal', perform);
}

/** Adds `coppice bash`, the same under the name that earlier tools gave it. */
export function addBash(program: Command, perform: Perform): void {
  addTerminal(program, 'bash', perform);
}

function addTerminal(group: Command, name: string, perform: Perform): void {
  group
    .command(name)
    .argument('<session>', sessionArgument)
    .summary(summary)
    .description(description)
    .action((session: string) => perform((context) => open(context, session)));
}

async function open({ engine, out, shell }: Context, session: string): Promise<Exit> {
  const { command, cwd, what, lost } = await engine.request('session/terminal', { session });
  const own = shell.env['SHELL'] ?? '/bin/sh';
  const argv = command.length === 0 ? [own] : command;
  if (shell.exec === undefined || out.style !== 'terminal') {
    out.result({ command: argv, cwd, what }, () => [text`cd ${quoted(cwd)} && ${argv.map(quoted).join(' ')}`]);
    return exits.done;
  }
  out.note(what);
  const code = await shell.exec(argv, cwd);
  if (code === lost?.code) throw new CoppiceError('unreachable', lost.message, lost.next);
  return code === 0 ? exits.done : exits.failed;
}

/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
