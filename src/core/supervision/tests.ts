/** Which of a project's tests a piece of work has made weaker: they are no longer the judges that the task was given. */

/** What happened to one file, in lines; undefined for binary content. */
export interface ChangedFile {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed' | 'type-changed';
  readonly insertions?: number | undefined;
  readonly deletions?: number | undefined;
}

const folders = /(?:^|\/)(?:tests?|__tests__|specs?|e2e)\//iu;
const names = /(?:[._-](?:tests?|specs?|e2e)\.\w+|^tests?_.*\.py|(?:Test|Tests|Spec|IT)\.(?:java|kt|scala|cs|swift))$/u;

/** Whether a path looks like that of a test, by the conventions of the common test runners. */
export function isTestPath(path: string): boolean {
  return folders.test(path) || names.test(path.slice(path.lastIndexOf('/') + 1));
}

/** Tests that were there before the work and have lost lines or are gone. A test that only grew is no weaker; one that was moved is. */
export function weakenedTests(changes: readonly ChangedFile[]): readonly string[] {
  return changes.flatMap(({ path, status, deletions = 1 }) =>
    status !== 'added' && deletions > 0 && isTestPath(path) ? [path] : [],
  );
}

/** Tests that came with the work, or grew by it and lost nothing. */
export function grownTests(changes: readonly ChangedFile[]): readonly string[] {
  return changes.flatMap(({ path, status, insertions = 0, deletions = 0 }) =>
    status !== 'deleted' && insertions > 0 && deletions === 0 && isTestPath(path) ? [path] : [],
  );
}

/** How tests are declared in the common runners, one to a line. */
const declaration =
  /^\s*(?:(?:it|test|specify)(?:\.\w+)*\s*\(|(?:async\s+)?def test|func Test|@(?:Parameterized)?Test\b|#\[(?:\w+::)?test\]|\[(?:Fact|Theory|Test|TestMethod)\b|TEST(?:_F|_P)?\s*\()/u;

/**
 * How many tests a change declares more than there were, or fewer (below 0): lines of test files in a unified diff that declare one. A test
 * that is commented out, or skipped by a word before it, counts as gone.
 */
export function testDelta(patch: string): number {
  let isTest = false;
  let delta = 0;
  for (const line of patch.split('\n')) {
    if (line.startsWith('diff --git ')) isTest = false;
    else if (line.startsWith('--- ') || line.startsWith('+++ ')) isTest ||= isTestPath(line.slice(6));
    else if (isTest && declaration.test(line.slice(1)))
      delta += line.startsWith('+') ? 1 : line.startsWith('-') ? -1 : 0;
  }
  return delta;
}
