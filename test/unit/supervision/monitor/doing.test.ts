import assert from 'node:assert/strict';
import { doingOf, type Doing } from '../../../../src/supervision/monitor/doing.ts';

const place = {
  ...{ worktree: '/w/s', home: '/home/me', others: [], scratch: ['/tmp', '/dev'], hosts: [], protectedBranches: [] },
};
const of = (command: string): Doing => doingOf('Bash', { command }, place, [['./verify.sh', 'all']]);

const commands: Readonly<Record<Doing, readonly string[]>> = {
  check: [
    ...['npm test', 'npm run test:unit', 'yarn test', 'pnpm vitest run', 'npm --prefix web test', 'npm exec -- mocha'],
    ...[
      'npx jest a.test.js',
      'npx tsc --noEmit',
      'eslint .',
      'npx prettier --check .',
      'node --test',
      'node test/a.test.js',
    ],
    ...['python3 -m pytest -q', 'python -m unittest', 'uv run pytest', 'pytest tests', 'cargo test -- --nocapture'],
    ...['go test ./...', './gradlew test', 'make -C sub check', 'bundle exec rspec', 'python tests/test_a.py'],
    ...['./verify.sh all', './verify.sh all --fast', 'CI=1 npm test', 'timeout 60 npm test', 'bash -lc "npm test"'],
    ...['npm test 2>&1 | tail -5', 'npm test > /tmp/out 2>&1', 'cd sub && npm test && git commit -am x'],
    ...['rm a.js && npm test', 'if npm test; then echo fine; fi', 'for f in test/*.js; do node $f; done'],
  ],
  change: [
    ...[
      'npm test; rm a.js',
      'npm test && git checkout .',
      'npm run lint:fix',
      'eslint --fix .',
      'npx prettier --write .',
    ],
    ...[
      'cat > a.js <<X\n1\nX',
      'echo 1 >> a.js',
      'sed -i s/a/b/ a.js',
      'npm test | tee out.txt',
      'npm install',
      './go.sh',
    ],
    ...[
      'node -e "1"',
      'python fix.py',
      'npm test &',
      'npm test -- --help',
      'pytest --collect-only',
      'sh ./verify.sh all',
    ],
    ...['vitest --watch', 'jest --updateSnapshot', 'find . -name x -delete', 'echo npm test > a.sh', '$CHECK'],
  ],
  neither: [
    ...['ls', 'cat a.js | head', 'git status', 'git diff HEAD', 'grep -rn test src', 'find . -name a', 'which npm'],
    ...['sed -n 1p a.js', 'echo npm test', 'echo done', 'cd sub && pwd', 'node --version', 'true # npm test'],
  ],
};

describe('what a command is for the files', () => {
  for (const [doing, all] of Object.entries(commands)) {
    for (const command of all) it(`${JSON.stringify(command)}: ${doing}`, () => assert.equal(of(command), doing));
  }

  it('is told word by word, too, and a job in the background checks nothing', () => {
    assert.equal(doingOf('shell', { command: ['bash', '-lc', "npm test && echo 'x y'"] }, place, []), 'check');
    assert.equal(doingOf('Bash', { command: 'npm test', run_in_background: true }, place, []), 'change');
  });

  it('is told of other tools by what they are called and given', () => {
    const other = (name: string, input = {}): Doing => doingOf(name, input, place, []);
    assert.deepEqual(
      ['Edit', 'Write', 'file_change', 'apply_patch'].map((name) => other(name)),
      Array(4).fill('change'),
    );
    assert.equal(other('mcp__x__save', { path: 'a.js' }), 'change');
    assert.deepEqual(
      ['Read', 'Grep', 'TodoWrite', 'WebFetch', 'Task'].map((name) => other(name)),
      Array(5).fill('neither'),
    );
  });
});
