/**
 * Runs the tests in test/host/ inside of the extension host of a real VS Code. Takes mocha's arguments: `--timeout`, `--grep`.
 * What happens is told in the file that `COPPICE_TEST_REPORT` names; without one it is printed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { closeBrowser } from '../../../test/workbench/support/browser.ts';
import { installExtension } from '../../workbench/installation.ts';
import { Workbench } from '../../../test/workbench/support/running-workbench.ts';
import { heard, tell, type Happening } from '../report.ts';
import { extensionCounts } from '../coverage.ts';
import { bundleHostTests } from './bundle.ts';
import type { HostTestOptions } from './runner.ts';

/** The lane has a limit of its own, which ends this process. */
const limitMs = 10 * 60_000;

const { values } = parseArgs({
  options: {
    grep: { type: 'string', short: 'g' },
    timeout: { type: 'string', default: '20000' },
    reporter: { type: 'string' },
  },
  allowPositionals: true,
});

const scratch = await mkdtemp(join(tmpdir(), 'h-'));
const report = (process.env['COPPICE_TEST_REPORT'] ??= join(scratch, 'report.jsonl'));
const byHand = report.startsWith(scratch);
const coverage = process.env['NODE_V8_COVERAGE'];
const options: HostTestOptions = {
  timeoutMs: Number(values.timeout),
  ...(coverage !== undefined && { counts: extensionCounts(coverage) }),
  ...(values.grep !== undefined && { grep: values.grep }),
};
let printed = 0;
try {
  const code = await Workbench.start({
    env: { COPPICE_TEST_REPORT: report, COPPICE_HOST_TESTS: JSON.stringify(options) },
    install: async (extensions) => {
      await installExtension(extensions);
      await bundleHostTests(extensions);
    },
  });
  try {
    const end = performance.now() + limitMs;
    while (!has('ended')) {
      if (byHand) print();
      if (performance.now() > end) throw new Error('The tests in the extension host did not end.');
      await delay(100);
    }
    const errors = await code.newErrors();
    if (errors.length > 0) {
      await code.pictures('host');
      tell({ kind: 'failed', title: 'errors in VS Code', file: '', ms: 0, detail: errors.join('\n') });
    }
    if (byHand) print();
    process.exitCode = has('failed') ? 1 : 0;
  } finally {
    await code.stop();
  }
} finally {
  await closeBrowser();
  await rm(scratch, { recursive: true, force: true });
}

function has(kind: Happening['kind']): boolean {
  return heard(report).some((each) => each.kind === kind);
}

/** What was not printed yet. */
function print(): void {
  const all = heard(report);
  for (const each of all.slice(printed)) {
    if (each.kind === 'passed') console.log(`  ✔ ${each.title}`);
    if (each.kind === 'failed') console.log(`  ✘ ${each.title}\n${each.detail}`);
  }
  printed = all.length;
}
