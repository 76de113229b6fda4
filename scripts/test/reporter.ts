/** Mocha reporter of the lanes: tells each happening, prints nothing. */
import { relative } from 'node:path';
import { inspect } from 'node:util';
import Mocha from 'mocha';
import { tell, type Failure } from './report.ts';

const { constants } = Mocha.Runner;

export default function laneReporter(this: unknown, runner: Mocha.Runner): void {
  runner.once(constants.EVENT_RUN_BEGIN, () => tell({ kind: 'begun', total: runner.total }));
  runner.on(constants.EVENT_TEST_BEGIN, (test) => tell({ kind: 'running', ...place(test) }));
  runner.on(constants.EVENT_HOOK_BEGIN, (hook) => {
    if (hook.title.includes(' all" hook')) tell({ kind: 'running', ...place(hook) });
  });
  runner.on(constants.EVENT_TEST_PASS, (test) => tell({ kind: 'passed', ...place(test), ms: test.duration ?? 0 }));
  runner.on(constants.EVENT_TEST_FAIL, (test, error) => {
    tell({ kind: 'failed', ms: test.duration ?? 0, ...place(test), detail: detailOf(error) });
  });
  // Pending tests fail by `forbidPending`; this keeps it true whatever options a run is given.
  runner.on(constants.EVENT_TEST_PENDING, (test) => {
    tell({
      kind: 'failed',
      ms: 0,
      ...place(test),
      detail: 'This test is skipped, and nothing may be skipped silently.',
    });
  });
  runner.on(constants.EVENT_TEST_RETRY, (test: Mocha.Test, error: unknown) => {
    tell({ kind: 'failed', ms: 0, ...place(test), detail: `It failed before a retry: ${detailOf(error)}` });
  });
  runner.once(constants.EVENT_RUN_END, () => tell({ kind: 'ended' }));
}

function place(test: Mocha.Runnable): Pick<Failure, 'title' | 'file'> {
  return { title: test.titlePath().join(' › '), file: relative(process.cwd(), test.file ?? '') };
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return `Thrown: ${String(error)}`;
  const { actual, expected, cause } = error as Error & { actual?: unknown; expected?: unknown };
  const parts = [error.stack ?? error.message];
  const compared = actual !== undefined && expected !== undefined && typeof expected !== 'boolean';
  if (compared && !error.message.includes('\n')) {
    parts.push(Mocha.reporters.Base.generateDiff(text(actual), text(expected)));
  }
  if (cause !== undefined) parts.push(`caused by ${detailOf(cause)}`);
  return parts.join('\n');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { depth: 8, sorted: true });
}
