#!/usr/bin/env node
/**
 * `npm run test:electron`: the tests of test/host/ in a VS Code on the desktop, which `@vscode/test-electron` downloads (or the one
 * that `COPPICE_VSCODE` names). Where it cannot be downloaded or cannot be started, it says so and fails.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { makeSampleRepository } from '../sample/repository.ts';
import { bundleHostTests } from './host/bundle.ts';
import { heard } from './report.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const downloadLimitMs = 10 * 60_000;

/** The program of VS Code, or undefined after saying why there is none. */
async function findVsCode() {
  const chosen = process.env['COPPICE_VSCODE'];
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    console.log(`COPPICE_VSCODE is ${chosen}, which is not there.`);
    return undefined;
  }
  try {
    return await downloadAndUnzipVSCode({
      version: 'stable',
      timeout: downloadLimitMs,
      cachePath: join(root, '.cache', 'vscode'),
    });
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    console.log(
      `No test was run: VS Code could not be downloaded (${why}). Name one that is installed with COPPICE_VSCODE.`,
    );
    return undefined;
  }
}

async function main() {
  if (!existsSync(join(root, 'dist', 'extension.cjs'))) {
    console.log('No test was run: dist/ is not built. Run: npm run build');
    return 1;
  }
  const vscode = await findVsCode();
  if (vscode === undefined) return 1;
  const scratch = mkdtempSync(join(tmpdir(), 'e-'));
  const report = join(scratch, 'report.jsonl');
  const [home, runtime] = [join(scratch, 'home'), join(scratch, 'r')];
  for (const folder of [home, runtime]) mkdirSync(folder, { mode: 0o700 });
  try {
    await makeSampleRepository(join(scratch, 'repo'));
    const code = await runTests({
      vscodeExecutablePath: vscode,
      extensionDevelopmentPath: root,
      extensionTestsPath: await bundleHostTests(scratch),
      extensionTestsEnv: {
        COPPICE_TEST_REPORT: report,
        COPPICE_HOME: join(home, '.coppice'),
        XDG_RUNTIME_DIR: runtime,
      },
      launchArgs: [
        join(scratch, 'repo'),
        ...['--disable-extensions', '--disable-workspace-trust', '--skip-welcome', '--skip-release-notes'],
        ...['--user-data-dir', join(scratch, 'data')],
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ],
    }).catch((/** @type {unknown} */ error) => (error instanceof Error ? error.message : String(error)));
    return conclude(heard(report), code);
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @param {readonly import('./report.ts').Happening[]} happenings @param {number | string} ended */
function conclude(happenings, ended) {
  const passed = happenings.filter(({ kind }) => kind === 'passed').length;
  let failed = 0;
  for (const each of happenings) {
    if (each.kind !== 'failed') continue;
    failed += 1;
    console.log(`✘ ${each.title}\n${each.detail}`);
  }
  const whole = happenings.some(({ kind }) => kind === 'ended');
  if (!whole) console.log(`VS Code ended before the tests had (${String(ended)}).`);
  console.log(`${passed} passed, ${failed + (whole ? 0 : 1)} failed`);
  return whole && failed === 0 && passed > 0 && ended === 0 ? 0 : 1;
}

process.exitCode = await main();
