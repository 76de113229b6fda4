/**
 * Runs inside of an extension host: mocha over the tests beside this file. What happens is told as in every other lane, in the
 * file that `COPPICE_TEST_REPORT` names; `COPPICE_HOST_TESTS` holds the options as JSON.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';
import { ExtensionMode, type ExtensionContext } from 'vscode';
import { tell } from '../report.ts';
import { countExtension } from './counting.ts';
import laneReporter from '../reporter.ts';

/** What may be set from outside. */
export interface HostTestOptions {
  readonly grep?: string;
  /** Milliseconds that one test may take. */
  readonly timeoutMs: number;
  /** Where to write what was counted of the extension's program; nothing is counted otherwise. */
  readonly counts?: string;
}

/** Called by VS Code when it activates the extension of the tests. A VS Code that was started for tests calls `run` itself. */
export function activate({ extensionMode }: Pick<ExtensionContext, 'extensionMode'>): void {
  if (extensionMode === ExtensionMode.Test) return;
  run().catch((error: unknown) => {
    tell({ kind: 'failed', title: 'the tests could not be run', file: '', ms: 0, detail: String(error) });
    tell({ kind: 'ended' });
  });
}

/** Runs all tests. Rejects when one of them fails: that is how a VS Code that was started for tests knows. */
export async function run(): Promise<void> {
  process.setSourceMapsEnabled(true);
  const { grep, timeoutMs, counts } = JSON.parse(
    process.env['COPPICE_HOST_TESTS'] ?? '{"timeoutMs":20000}',
  ) as HostTestOptions;
  const write = counts === undefined ? undefined : await countExtension(counts);
  // Before the end is told: then VS Code is ended, too.
  const rootHooks = write === undefined ? {} : { rootHooks: { afterAll: write } };
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: timeoutMs,
    forbidOnly: true,
    forbidPending: true,
    failZero: true,
    reporter: laneReporter as unknown as Mocha.ReporterConstructor,
    ...(grep !== undefined && { grep }),
    ...rootHooks,
  });
  const folder = join(__dirname, 'tests');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.test.cjs')) mocha.addFile(join(folder, name));
  }
  await mocha.loadFilesAsync();
  const failures = await new Promise<number>((resolve) => void mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} test(s) failed.`);
}
