import type { CommanderError } from 'commander';
import { CoppiceError } from '../core/errors.ts';

/** A command line that cannot be understood. */
export function badUsage(message: string, next: string): CoppiceError {
  return new CoppiceError('bad-usage', message, next);
}

const promptHint = 'A prompt that begins with a dash goes last, after `--`.';

/** What commander found wrong with a command line, or undefined when it has printed the help that was asked for. */
export function usageErrorOf(error: CommanderError): CoppiceError | undefined {
  if (error.exitCode === 0) return undefined;
  if (error.code === 'commander.help')
    return badUsage('The command is not complete.', 'Add `--help` to see what can follow.');
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const message = `${first.charAt(0).toUpperCase()}${first.slice(1)}`.replace(/([^.])$/, '$1.');
  const suggestion = rest.join(' ').replace(/^\(|\)$/g, '');
  const hint =
    error.code === 'commander.unknownOption' ? `${promptHint} Add \`--help\` to see the options.` : generalHint(error);
  return badUsage(message, suggestion === '' ? hint : suggestion);
}

function generalHint(error: CommanderError): string {
  switch (error.code) {
    case 'commander.unknownCommand':
      return 'See `coppice --help`; work is given to an agent with `coppice run "<prompt>"`.';
    case 'commander.excessArguments':
      return 'A text of several words goes into quotes; add `--help` to see how the command is used.';
    default:
      return 'Add `--help` to see how the command is used.';
  }
}
