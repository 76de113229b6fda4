import assert from 'node:assert/strict';
import type { Evidence } from '../../../../src/core/landing/state.ts';
import { detectGates } from '../../../../src/supervision/gates/detect.ts';
import { runGates } from '../../../../src/supervision/gates/run.ts';

const commands = (files: Readonly<Record<string, string>>): string[] =>
  detectGates(new Map(Object.entries(files))).map(({ command }) => command.join(' '));
const scripts = (of: Readonly<Record<string, string>>, more: object = {}): string =>
  JSON.stringify({ scripts: of, ...more });

describe('the gates of a project', () => {
  const stacks: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
    [
      'npm',
      { 'package.json': scripts({ test: 'mocha', lint: 'eslint .', typecheck: 'tsc', dev: 'vite' }) },
      ['npm run typecheck', 'npm run lint', 'npm run test'],
    ],
    ['pnpm', { 'package.json': scripts({ test: 'vitest run' }), 'pnpm-lock.yaml': '' }, ['pnpm run test']],
    ['yarn', { 'package.json': scripts({ test: 'jest' }), 'yarn.lock': '' }, ['yarn run test']],
    [
      'the manager that a package names',
      { 'package.json': scripts({ test: 'jest' }, { packageManager: 'pnpm@9.1.0' }), 'yarn.lock': '' },
      ['pnpm run test'],
    ],
    ['npm without tests', { 'package.json': scripts({ test: 'echo "Error: no test specified" && exit 1' }) }, []],
    ['tests that watch', { 'package.json': scripts({ test: 'jest --watch' }) }, []],
    ['a broken package', { 'package.json': '{' }, []],
    [
      'pytest',
      { 'pyproject.toml': '[tool.pytest.ini_options]\n[tool.ruff]\n' },
      ['ruff check .', 'python3 -m pytest -q'],
    ],
    ['unittest', { 'setup.py': '' }, ['python3 -m unittest discover']],
    ['uv', { 'pyproject.toml': 'dependencies = ["pytest"]', 'uv.lock': '' }, ['uv run python -m pytest -q']],
    ['cargo', { 'Cargo.toml': '[workspace]\n' }, ['cargo build --workspace', 'cargo test --workspace']],
    ['go', { 'go.mod': '' }, ['go build ./...', 'go vet ./...', 'go test ./...']],
    ['make', { Makefile: 'all: x\nCC := gcc\ntest:\n\ttrue\nlint: x\n' }, ['make lint', 'make test']],
    ['make beside cargo', { Makefile: 'test:\n', 'Cargo.toml': '' }, ['cargo build', 'cargo test']],
    ['maven', { 'pom.xml': '', mvnw: '' }, ['./mvnw -B -q verify']],
    ['gradle', { 'build.gradle.kts': '', gradlew: '' }, ['./gradlew --console=plain check']],
    [
      'two stacks',
      { 'package.json': scripts({ test: 'jest' }), 'go.mod': '' },
      ['go build ./...', 'go vet ./...', 'npm run test', 'go test ./...'],
    ],
    ['nothing', { 'README.md': '' }, []],
  ];
  for (const [what, files, wanted] of stacks) {
    it(`are found: ${what}`, () => assert.deepEqual(commands(files), wanted));
  }

  it('are never words of a file: a hostile name of a script is no command', () => {
    assert.deepEqual(commands({ 'package.json': scripts({ 'test; rm -rf /': 'x', __proto__: 'y' }) }), []);
  });
});

describe('asking the gates', () => {
  const gates = detectGates(new Map([['go.mod', '']]));
  const asking = async (
    codes: readonly (number | null)[],
    trees: readonly string[] = [],
  ): Promise<{ answers: readonly Evidence[]; told: number }> => {
    let at = 0;
    let told = 0;
    const answers = await runGates({
      gates,
      tree: () => Promise.resolve(trees[at] ?? 't'),
      run: () => {
        const code = at < codes.length ? (codes[at] ?? null) : 0;
        at += 1;
        return Promise.resolve({ passed: code === 0, code, ms: 1, output: 'log' });
      },
      told: () => Promise.resolve(void (told += 1)),
      signal: new AbortController().signal,
    });
    return { answers, told };
  };

  it('ends at the first no, with each answer told before the next is asked for', async () => {
    assert.deepEqual(
      (await asking([0, 0, 0])).answers.map(({ passed }) => passed),
      [true, true, true],
    );
    const { answers, told } = await asking([0, 2]);
    assert.deepEqual([answers.length, told, answers[1]?.code], [2, 2, 2]);
    assert.equal((await asking([null])).answers.length, 1);
  });

  it('keeps each answer with the tree that it is about', async () => {
    const { answers } = await asking([0, 0, 0], ['t', 'u', 'u']);
    assert.deepEqual(
      answers.map(({ tree }) => tree),
      ['t', 'u', 'u'],
    );
  });

  it('stops between gates when it is told to', async () => {
    const abort = new AbortController();
    const run = () => {
      abort.abort(new Error('stopping'));
      return Promise.resolve({ passed: true, code: 0, ms: 1, output: '' });
    };
    const all = { gates, tree: () => Promise.resolve('t'), run, told: () => Promise.resolve(), signal: abort.signal };
    await assert.rejects(runGates(all), /stopping/u);
  });
});
