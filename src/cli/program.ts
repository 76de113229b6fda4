import { Command } from 'commander';
import { addAudit } from './commands/audit.ts';
import { addClean, addInit, addNuke } from './commands/containers.ts';
import { addCheckpoint } from './commands/checkpoints/checkpoint.ts';
import { addCheckpoints } from './commands/checkpoints/checkpoints.ts';
import { addDiff } from './commands/checkpoints/diff.ts';
import { addRollback, addUndo } from './commands/checkpoints/rollback.ts';
import { addCompletion } from './commands/completion.ts';
import { addConfig } from './commands/config.ts';
import { addDiagnostics } from './commands/diagnostics.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEngine } from './commands/engine/engine.ts';
import { addLand } from './commands/land.ts';
import { addMcp } from './commands/mcp/mcp.ts';
import { addModel } from './commands/model.ts';
import { addRadar } from './commands/radar.ts';
import { addRepository } from './commands/repository/repository.ts';
import { addRun } from './commands/run.ts';
import { addSession } from './commands/session/session.ts';
import { addBash } from './commands/session/terminal.ts';
import { addStatus } from './commands/status.ts';
import { addAccept, addAutonomy } from './commands/supervision/accept.ts';
import { addBreakpoints } from './commands/supervision/breakpoints.ts';
import { addGates } from './commands/supervision/gates.ts';
import { addHelpAgent } from './commands/supervision/help-agent.ts';
import { addVerdicts } from './commands/supervision/verdicts.ts';
import { addVerify } from './commands/supervision/verify.ts';
import { addTrust } from './commands/trust.ts';
import { addWorktrees } from './commands/worktrees/worktrees.ts';
import type { Perform } from './context.ts';
import type { Shell } from './shell.ts';
import { badUsage } from './usage-error.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly json?: true;
  readonly repo?: string;
  readonly color: boolean;
}

const after = `
Without a command, on a terminal: a prompt line that keeps the session between lines.

Exit codes:
  0  done, or handed over to the engine
  1  the work failed
  2  the command line or a setting cannot be understood
  3  refused: not trusted, queue full, worktree in use, …
  4  a person has to decide and none is at the terminal; the session waits

Examples:
  coppice trust
  coppice run "Add a test for the parser"
  coppice session list
  coppice session answer 1f2e3d4c --allow`;

/** The whole grammar. Errors are thrown as commander's own; help goes to the shell's streams, with `json` only when asked for. */
export function buildProgram(shell: Shell, perform: Perform, options = { json: false }): Command {
  const program = new Command('coppice')
    .description('AI coding agents side by side, each in its own git worktree, under human gates.')
    .version(shell.version, '-V, --version', 'print the version')
    .option('--json', 'print JSON, one value per line')
    .option('--repo <path>', 'the repository, or a folder in it; default: the working directory')
    .option('--no-color', 'no colours; NO_COLOR does the same')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (help) => shell.stdout.write(help),
      // What is wrong is printed by whoever catches the error; only help that was not asked for goes this way.
      writeErr: (help) => {
        if (!options.json) shell.stderr.write(help);
      },
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(shell.stdout.columns, 100),
      getErrHelpWidth: () => Math.min(shell.stderr.columns, 100),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .addHelpText('after', after)
    .hook('preAction', (_program, command) => refuseEmpty(command));
  const adders = [
    addRun,
    addSession,
    addBash,
    addClean,
    addNuke,
    addInit,
    addCheckpoint,
    addCheckpoints,
    addDiff,
    addRollback,
    addUndo,
    addVerify,
    addAccept,
    addAutonomy,
    addVerdicts,
    addHelpAgent,
    addGates,
    addModel,
    addBreakpoints,
    addLand,
    addRadar,
    addWorktrees,
    addTrust,
    addRepository,
    addStatus,
    addDoctor,
    addConfig,
    addEngine,
    addAudit,
    addDiagnostics,
    addMcp,
    addCompletion,
  ];
  for (const add of adders) add(program, perform);
  return program;
}

/** A variable of a script that was not set is no value of an option, and no session. */
function refuseEmpty(command: Command): void {
  for (const [at, argument] of command.registeredArguments.entries()) {
    if (!argument.required || command.args[at] !== '') continue;
    throw badUsage(
      `The <${argument.name()}> is empty.`,
      `Give one; \`${command.name()} --help\` shows how the command is used.`,
    );
  }
  for (const each of [command, ...above(command)]) {
    for (const option of each.options.filter(({ required }) => required)) {
      const value: unknown = each.getOptionValue(option.attributeName());
      if (value !== '' && !(Array.isArray(value) && value.includes(''))) continue;
      throw badUsage(`The value of ${option.long ?? option.flags} is empty.`, 'Give it one, or leave the option out.');
    }
  }
}

function above({ parent }: Command): Command[] {
  return parent === null ? [] : [parent, ...above(parent)];
}
