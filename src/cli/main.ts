import { systemCode, toErrorRecord } from '../core/errors.ts';
import { runCli } from './cli.ts';
import { exitOf } from './exit-codes.ts';
import { processShell } from './process-shell.ts';

/** Set by the build. */
declare const COPPICE_VERSION: string | undefined;

/** A reader that has seen enough (`coppice session list | head`) is no error: the work goes on without us. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    process.exit(systemCode(error) === 'EPIPE' ? 0 : 1);
  });
}

try {
  const version = typeof COPPICE_VERSION === 'string' ? COPPICE_VERSION : '0.0.0-source';
  process.exitCode = await runCli(process.argv.slice(2), processShell(version));
} catch (error) {
  const { code, message, next } = toErrorRecord(error);
  process.stderr.write(`coppice: ${message}\n  ${next}\n`);
  process.exitCode = exitOf(code);
}
