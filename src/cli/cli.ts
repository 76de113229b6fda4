import { resolve } from 'node:path';
import { CommanderError } from 'commander';
import { requesterOf, settingVariables } from '../core/environment.ts';
import { toErrorRecord } from '../core/errors.ts';
import type { Context, Work } from './context.ts';
import { EngineLink } from './engine-link.ts';
import { exitOf, exits, type Exit } from './exit-codes.ts';
import { Output } from './output.ts';
import { buildProgram, type GlobalOptions } from './program.ts';
import { repl } from './repl.ts';
import type { Shell } from './shell.ts';
import { usageErrorOf } from './usage-error.ts';

/** Runs one command line (without the program's own name) and gives the exit code. Never throws. */
export async function runCli(argv: readonly string[], shell: Shell): Promise<Exit> {
  const engine = new EngineLink(shell.connect);
  try {
    return await execute(argv, shell, engine);
  } finally {
    await engine.dispose();
  }
}

async function execute(argv: readonly string[], shell: Shell, engine: EngineLink): Promise<Exit> {
  const out = outputFor(argv, shell);
  const bare = bareOptions(argv, shell);
  const run: Run = { shell, engine, out };
  if (bare === undefined || shell.keyboard === undefined || out.style !== 'terminal') return carryOut(argv, run);
  return repl(contextFor(bare, run), {
    program: buildProgram(shell, nothing),
    command: (words, began) => carryOut([...repeated(bare), ...words], { ...run, began }),
  });
}

/** What the commands of one invocation share. */
interface Run {
  readonly shell: Shell;
  readonly engine: EngineLink;
  readonly out: Output;
  readonly began?: (session: string) => void;
}

const nothing = async (): Promise<void> => undefined;

/** Errors have to be printed in the style that was asked for even when the command line cannot be parsed. */
function outputFor(argv: readonly string[], shell: Shell): Output {
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  return new Output(shell, { json: options.includes('--json'), noColour: options.includes('--no-color') });
}

/** The global options when there is no command, else undefined. */
function bareOptions(argv: readonly string[], shell: Shell): GlobalOptions | undefined {
  // `--version` prints as soon as it is read; that is for whoever carries the command out.
  const program = buildProgram(shell, nothing).configureOutput({ writeOut: () => undefined });
  try {
    const { operands, unknown } = program.parseOptions([...argv]);
    return operands.length + unknown.length === 0 ? program.opts<GlobalOptions>() : undefined;
  } catch {
    return undefined;
  }
}

function repeated({ repo }: GlobalOptions): string[] {
  return repo === undefined ? [] : ['--repo', repo];
}

async function carryOut(argv: readonly string[], run: Run): Promise<Exit> {
  let exit: Exit = exits.done;
  const perform = async (work: Work): Promise<void> => {
    exit = await work(contextFor(program.opts<GlobalOptions>(), run));
  };
  const program = buildProgram(run.shell, perform, { json: run.out.style === 'json' });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    return report(error, run.out);
  }
}

function contextFor({ repo }: GlobalOptions, { shell, engine, out, began }: Run): Context {
  const { keyboard } = shell;
  return {
    shell,
    out,
    engine,
    path: resolve(shell.cwd, repo ?? '.'),
    pathGiven: repo !== undefined,
    ...(keyboard === undefined || out.style !== 'terminal' ? {} : { person: keyboard }),
    began: began ?? (() => undefined),
    requester: () => ({ ...requesterOf(shell.env), settings: settingVariables(shell.env) }),
  };
}

function report(error: unknown, out: Output): Exit {
  const meant = error instanceof CommanderError ? usageErrorOf(error) : error;
  if (meant === undefined) return exits.done;
  const record = toErrorRecord(meant);
  out.error(record);
  return exitOf(record.code);
}
