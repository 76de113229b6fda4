/** What the agent that plays turns of the corpus again does, and what it has to be told to do better. */
import type { Edits, Task } from '../../test/corpus/task.ts';
import type { Behaviour } from '../../test/corpus/behaviours.ts';
import type { Case } from '../../test/corpus/case.ts';
import type { Words } from '../../test/corpus/words.ts';

/** What one turn does and says. */
export interface Part {
  readonly edits: Edits;
  readonly text: string;
  readonly outcome: string;
  readonly reason: string;
}

/** One case: its turn as it was, and the one after it if the prompt says what was wrong. */
export interface Plan {
  readonly prompt: string;
  readonly first: Part;
  readonly mended: Part;
  /** The turn as it was, with a test of what the task asks for. */
  readonly tested: Part;
  /** The turn as it was, with the test that the corpus wrote for the same task done well: neither the best nor none. */
  readonly usual: Part;
  /** Each as a regular expression without regard to case. One of them in what the prompt gives as the reason tells it. */
  readonly signs: readonly string[];
  /** All of them have to be in the prompt as well. */
  readonly whole: readonly string[];
}

/** Where the prompts of the supervisor begin to list what is there anyway: that names no fault. */
const listing = 'Files that are changed so far';

/** Whether a prompt says what was wrong, and what the task is. */
export function isTold({ signs, whole }: Plan, prompt: string): boolean {
  const reason = prompt.split(listing)[0] ?? '';
  return signs.some((each) => new RegExp(each, 'iu').test(reason)) && whole.every((each) => prompt.includes(each));
}

/** Who can put it right: the agent, when it is told; or only a person (an answer, a key, another task). */
export type Mender = 'agent' | 'person';

/** By the label of the case, which no rule of the supervisor has seen. */
export function menderOf({ label: { fault } }: Pick<Case, 'label'>): Mender {
  return fault === 'asks' || fault === 'refused' || fault === 'failed' ? 'person' : 'agent';
}

/** Words in which somebody who looks at the turn would name its fault; of a failing test its title. */
function signsOf({ label, turn, expected }: Case, failing: readonly string[], task: Task): readonly string[] {
  const tests = failing.map(escaped);
  const paths = turn.files.map(({ path }) => path);
  const judges = paths.filter((path) => path.startsWith('test/') && path in task.files).map(escaped);
  const { fault } = label;
  const untouched = paths.length === 0 && menderOf({ label }) === 'agent' ? ['no file is changed'] : [];
  switch (fault) {
    case 'truncated':
      return ['cut off', 'middle of a sentence', 'inside of a block', 'part of the output'];
    case 'empty':
      return ['said nothing', 'changed nothing', 'no file is changed'];
    case 'false-claim':
      return ['no file is changed', ...tests];
    case 'malformed':
      return ['call of a tool', 'could not be read', 'not readable'];
    case 'unfinished':
      return ['not done', 'still open', 'not finished', ...tests];
    case 'files':
      return [
        ...paths.filter((path) => !task.allowed.some((each) => path === each || path.startsWith(`${each}/`))),
        ...expected.filter((path) => !turn.presentFiles.includes(path)),
      ]
        .map(escaped)
        .concat(tests, judges);
    default:
      return [...tests, ...judges, ...untouched];
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
}

/** What a behaviour leaves behind on a task. */
export function editsOf(behaviour: Behaviour, task: Task, n: number, words: Words): Edits {
  const edits: Record<string, string | null> = {};
  for (const { tools = [] } of behaviour.play(task, n, words)) {
    for (const { name, input } of tools) {
      const { file_path: path, content, command } = input as { file_path?: string; content?: string; command?: string };
      if (name === 'Write') edits[String(path).replace('{cwd}/', '')] = String(content);
      const removed = name === 'Bash' ? /^rm (\S+)$/u.exec(command ?? '')?.[1] : undefined;
      if (removed !== undefined) edits[removed] = null;
    }
  }
  return edits;
}

const criteriaTest = 'test/criteria-of-the-task.test.js';
const criteriaTitle = 'it is as the task asks';

/** The check of a task as a test of its project. */
function testOfCheck({ check }: Task): string {
  const lines = check.trimEnd().split('\n');
  const imports = lines.filter((line) => line.startsWith('import ')).map((line) => line.replaceAll("'./", "'../"));
  const body = lines.filter((line) => !line.startsWith('import '));
  const title = JSON.stringify(criteriaTitle);
  return [...imports, "import { test } from 'node:test';", `test(${title}, () => {`, ...body, '});', ''].join('\n');
}

/** Whether a prompt asks for tests of the criteria. */
export function asksForTests(prompt: string): boolean {
  return /No test came with it that shows/u.test(prompt.split(listing)[0] ?? '');
}

/** Tests that the corpus wrote for a task that is done well, before anything was measured. */
export function usualTests({ tested }: Task): Edits {
  return Object.fromEntries(Object.entries(tested).filter(([path]) => path.startsWith('test/')));
}

/** The plan of a case. `failing`: titles of tests that fail on what its turn left, the project's own and, with it, the usual ones. */
export function planOf(each: Case, task: Task, edits: Edits, failing: readonly string[]): Plan {
  const { turn } = each;
  const back = Object.fromEntries(Object.keys(edits).map((path) => [path, task.files[path] ?? null]));
  const criteria = task.criteria.map((criterion) => `- [ ] ${criterion}`).join('\n');
  return {
    prompt: `${task.prompt}\n\n${criteria}\n\n(case ${each.id.replace('/', '.')})`,
    first: { edits, text: turn.text, outcome: turn.outcome, reason: turn.reason },
    mended: {
      edits: { ...back, ...task.good },
      text: `Done: ${task.words.what}.`,
      outcome: 'success',
      reason: 'completed',
    },
    tested: {
      edits: { ...edits, [criteriaTest]: testOfCheck(task) },
      text: `I wrote a test for each criterion, in ${criteriaTest}.`,
      outcome: 'success',
      reason: 'completed',
    },
    usual: {
      edits: { ...edits, ...usualTests(task) },
      text: 'I wrote tests for it.',
      outcome: 'success',
      reason: 'completed',
    },
    signs: [...signsOf(each, failing, task), criteriaTitle],
    whole: [task.prompt, ...(each.label.fault === 'unfinished' ? task.criteria : [])],
  };
}
