import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { resolveCliPathFromVSCodeExecutablePath } from '@vscode/test-electron';
import { codeServer, runs } from '../../../scripts/workbench/installation.ts';
import { dataIn } from '../../../scripts/workbench/places.ts';

const limitMs = 120_000;

/** Installs a package as a person does on a command line: with that of the VS Code which the tests are run in. */
export async function installVsix(file: string, extensions: string, env: NodeJS.ProcessEnv): Promise<void> {
  const desktop = process.env['COPPICE_TEST_DESKTOP'];
  const cli = desktop ? resolveCliPathFromVSCodeExecutablePath(desktop) : codeServer();
  const [command, ...before] = runs(cli);
  const place = ['--extensions-dir', extensions, '--user-data-dir', dataIn(dirname(extensions))];
  await promisify(execFile)(command, [...before, '--install-extension', file, ...place], {
    timeout: limitMs,
    env,
  });
}
