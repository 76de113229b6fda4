import { systemCode } from '../core/errors.ts';
import { runCli } from './cli.ts';
import { processShell } from './process-shell.ts';

/** Set by the build. */
declare const COPPICE_VERSION: string | undefined;
const version = typeof COPPICE_VERSION === 'string' ? COPPICE_VERSION : '0.0.0-source';

/** A reader that has seen enough (`coppice session list | head`) is no error: the work goes on without us. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    process.exit(systemCode(error) === 'EPIPE' ? 0 : 1);
  });
}

process.exitCode = await runCli(process.argv.slice(2), processShell(version));
