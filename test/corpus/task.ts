/** What the tasks of the corpus are made of. */

/** Whole contents by path, relative to the repository; null removes the file. */
export type Edits = Readonly<Record<string, string | null>>;

/** A task with all that is needed to say whether it was done, none of which a scorer sees but prompt, criteria and files. */
export interface Task {
  readonly name: string;
  readonly prompt: string;
  readonly criteria: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** What of the repository the task may touch. */
  readonly allowed: readonly string[];
  readonly expected: readonly string[];
  /**
   * The judge: a module that is run in the repository after the turn and throws when a criterion is not met. It is not in the
   * repository while the agent is at work.
   */
  readonly check: string;
  /** Does all that was asked. */
  readonly good: Edits;
  /** The same with a test more. */
  readonly tested: Edits;
  /** Looks right, and fails the project's own tests (or, where there are none, the eye). */
  readonly failing: Edits;
  /** Passes the project's own tests, and is wrong. */
  readonly plausible: Edits;
  /** Does a part. */
  readonly partial: Edits;
  /** Gets the project's tests to pass by touching them. */
  readonly cheating: Edits;
  /** Words for the reports: what was done, where, and what the partial one leaves out. */
  readonly words: { readonly what: string; readonly where: string; readonly left: string };
}

/** A package with node's own test runner, so that `npm test` is its gate. */
export function packageOf(name: string): string {
  return `${JSON.stringify({ name, version: '1.0.0', type: 'module', scripts: { test: 'node --test' } }, null, 2)}\n`;
}

/** A test file of node's own runner. */
export function testOf(imports: string, cases: Readonly<Record<string, string>>): string {
  const bodies = Object.entries(cases).map(
    ([title, body]) => `test(${JSON.stringify(title)}, () => {\n  ${body}\n});\n`,
  );
  return `import assert from 'node:assert/strict';\nimport { test } from 'node:test';\n${imports}\n\n${bodies.join('\n')}`;
}
