import type { Failure } from './report.ts';

/** How a check or a lane ended. */
export interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly ms: number;
  /** Time of each test, for the list of the slowest. */
  readonly times: readonly { readonly title: string; readonly ms: number }[];
}

/** Prints a line of a part at once. */
export function say(part: string, line: string): void {
  console.log(`[${part}] ${line}`);
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

/** One failure that is not a test's own: the part did not run as it should. */
export function trouble(title: string, detail: string): Failure {
  return { title, file: '', detail };
}

/** The end of the run: all failures once more, the slowest tests, the times, and the line that says it all. */
export function summarise(outcomes: readonly Outcome[]): { passed: number; failed: number } {
  const failures = outcomes.flatMap(({ name, failures: found }) => found.map((failure) => ({ name, ...failure })));
  failures.forEach((failure, index) => {
    console.log(`\n${index + 1}) [${failure.name}] ${failure.title}`);
    console.log(indent([failure.file, failure.detail].filter((part) => part !== '').join('\n')));
  });

  const slowest = outcomes
    .flatMap(({ name, times }) => times.map((time) => ({ name, ...time })))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 10);
  if (slowest.length > 0) console.log('\nThe slowest tests');
  for (const { name, title, ms } of slowest) console.log(`  ${seconds(ms).padStart(7)}  [${name}] ${title}`);

  console.log(`\n  ${'part'.padEnd(16)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'time'.padStart(10)}`);
  for (const { name, passed, failures: found, ms } of outcomes) {
    const [p, f, t] = [String(passed).padStart(8), String(found.length).padStart(8), seconds(ms).padStart(10)];
    console.log(`  ${name.padEnd(16)}${p}${f}${t}`);
  }

  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  console.log(`\n${passed} passed, ${failures.length} failed`);
  return { passed, failed: failures.length };
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '     ');
}
