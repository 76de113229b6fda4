#!/usr/bin/env node
/**
 * `npm run test:electron`: the tests of test/host/ and those of test/workbench/ in VS Code on the desktop, the latest one and the
 * oldest that package.json allows, which `@vscode/test-electron` downloads (or in the one that `COPPICE_VSCODE` names: the program
 * itself, not the command `code`). Where it cannot be downloaded or cannot be started, it says so and fails. Arguments are handed
 * to the mocha of the latter, e.g. `-- --grep breakpoints`.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { makeSampleRepository } from '../sample/repository.ts';
import { runWorkbenchIn } from './desktop.ts';
import { bundleHostTests } from './host/bundle.ts';
import { heard } from './report.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** How long the place that VS Code is downloaded from may say nothing. */
const silenceMs = 30_000;

/** Versions to run in; undefined is the one that `COPPICE_VSCODE` names. @returns {readonly (string | undefined)[]} */
function versions() {
  if (process.env['COPPICE_VSCODE']) return [undefined];
  const { engines } = /** @type {{ engines: { vscode: string } }} */ (
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  );
  return ['stable', engines.vscode.replace(/^\^/, '')];
}

/** The program of VS Code, or undefined after saying why there is none. @param {string | undefined} version */
async function findVsCode(version) {
  if (version === undefined) {
    const chosen = process.env['COPPICE_VSCODE'] ?? '';
    if (existsSync(chosen)) return chosen;
    console.log(`COPPICE_VSCODE is ${chosen}, which is not there.`);
    return undefined;
  }
  const cachePath = join(root, '.cache', 'vscode');
  try {
    mkdirSync(cachePath, { recursive: true }); // it makes only the last folder of the path
    return await downloadAndUnzipVSCode({ version, timeout: silenceMs, cachePath });
  } catch (error) {
    const why = whyOf(error);
    console.log(
      `No test was run: VS Code could not be downloaded (${why}). Name one that is installed with COPPICE_VSCODE.`,
    );
    return undefined;
  }
}

/** The first line of what is said; where each of several addresses was tried there is none, but a code. @param {unknown} error */
function whyOf(error) {
  if (!(error instanceof Error)) return String(error);
  const code = /** @type {NodeJS.ErrnoException} */ (error).code;
  return error.message.split('\n')[0] || code || error.name;
}

/** What a window needs that is not there, in a sentence. @returns {string | undefined} */
function whyNoWindow() {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform !== 'linux' || DISPLAY || WAYLAND_DISPLAY) return undefined;
  return 'No test was run: VS Code opens a window, and there is no display here. Run: xvfb-run -a npm run test:electron';
}

async function main() {
  if (!existsSync(join(root, 'dist', 'extension.cjs'))) {
    console.log('No test was run: dist/ is not built. Run: npm run build');
    return 1;
  }
  const noWindow = whyNoWindow();
  for (const version of versions()) {
    const vscode = await findVsCode(version);
    if (vscode === undefined) return 1;
    if (noWindow !== undefined) {
      console.log(noWindow);
      return 1;
    }
    console.log(`[electron] VS Code ${version ?? vscode}`);
    if ((await runIn(vscode)) !== 0) return 1;
    if ((await runWorkbenchIn(vscode, root, process.argv.slice(2))) !== 0) return 1;
  }
  return 0;
}

/** Runs the tests of the extension host in one VS Code; 0 when all have passed. @param {string} vscode */
async function runIn(vscode) {
  const scratch = mkdtempSync(join(tmpdir(), 'e-'));
  const report = join(scratch, 'report.jsonl');
  const home = join(scratch, 'home');
  mkdirSync(home, { mode: 0o700 });
  try {
    await makeSampleRepository(join(scratch, 'repo'));
    const program = await bundleHostTests(scratch);
    const code = await runTests({
      vscodeExecutablePath: vscode,
      extensionDevelopmentPath: [root, dirname(program)],
      extensionTestsPath: program,
      extensionTestsEnv: {
        COPPICE_TEST_REPORT: report,
        COPPICE_HOME: join(home, '.coppice'),
      },
      launchArgs: [
        join(scratch, 'repo'),
        '--disable-extensions',
        `--user-data-dir=${join(scratch, 'data')}`,
        `--extensions-dir=${join(scratch, 'extensions')}`,
      ],
    }).catch(whyOf);
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
