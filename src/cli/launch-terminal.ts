import { spawn } from 'node:child_process';
import { CoppiceError, systemCode } from '../core/errors.ts';

/**
 * Gives this terminal to another program until it ends, and resolves to its exit status. Throws `not-found` when it cannot be
 * started.
 */
export function giveTerminal([program = '/bin/sh', ...args]: readonly string[], cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: 'inherit' });
    // Ctrl-C at this terminal is for the program that has it.
    const ignore = (): void => undefined;
    process.on('SIGINT', ignore);
    child.once('error', (cause) => {
      process.off('SIGINT', ignore);
      const next = 'Check that the program is installed and that the folder is there.';
      const why = systemCode(cause) ?? 'unknown error';
      reject(new CoppiceError('not-found', `${program} could not be started in ${cwd} (${why}).`, next, { cause }));
    });
    child.once('exit', (code) => {
      process.off('SIGINT', ignore);
      resolve(code ?? 1);
    });
  });
}
