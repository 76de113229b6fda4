/**
 * A real VS Code for a group of tests: `const code = workbench();` inside of a `describe` starts one before its first test, with
 * a machine of its own (home, data directory, sample repository) and a window on the repository; ends all of it after the last.
 */
import { closeBrowser } from './browser.ts';
import { Workbench, type WorkbenchOptions } from './running-workbench.ts';

/** Some make a package first. */
const startLimitMs = 180_000;

after(async function () {
  this.timeout(20_000);
  await closeBrowser();
});

/** What tests use of a workbench. */
export type TestWorkbench = Pick<Workbench, 'machine' | 'vsCode' | 'window' | 'open' | 'expectErrors' | 'log'>;

/** The workbench of a `describe`: made before its first test and ended after its last. Errors in VS Code fail the test. */
export function workbench(options: WorkbenchOptions = {}): TestWorkbench {
  let started: Workbench | undefined;
  before(async function () {
    this.timeout(startLimitMs);
    started = await Workbench.start(options);
  });
  afterEach(async function () {
    if (started === undefined) return;
    const errors = await started.newErrors();
    const failed = this.currentTest?.state === 'failed';
    if (failed || errors.length > 0) await started.pictures(this.currentTest?.fullTitle() ?? 'unknown');
    if (!failed && errors.length > 0) throw new Error(`Errors in VS Code:\n${errors.join('\n')}`);
  });
  after(async function () {
    this.timeout(60_000);
    await started?.stop();
  });
  const now = (): Workbench => {
    if (started === undefined) throw new Error('The workbench is there only inside of tests and hooks.');
    return started;
  };
  return {
    get machine() {
      return now().machine;
    },
    get vsCode() {
      return now().vsCode;
    },
    get window() {
      return now().window;
    },
    open: async (folder) => now().open(folder),
    expectErrors: (...patterns) => now().expectErrors(...patterns),
    log: async () => now().log(),
  };
}
