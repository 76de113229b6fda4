import assert from 'node:assert/strict';
import { CoppiceError } from '../../../src/core/errors.ts';
import type { LandingPreview, LandingView } from '../../../src/protocol/landing.ts';
import type { SessionFacts } from '../../../src/protocol/removal.ts';
import { aSession, FakeEngine, reported, sessionId } from './fake-engine.ts';
import { coppice } from './fake-shell.ts';

function aLanding(changes: Partial<LandingView> = {}): LandingView {
  return {
    id: 'landing-1',
    session: sessionId,
    title: 'Add a test',
    repository: '/repo',
    way: 'squash',
    target: 'main',
    state: 'queued',
    by: 'user:cli',
    requestedAt: '2026-01-01T00:00:00.000Z',
    evidence: [],
    ...changes,
  };
}

const preview: LandingPreview = {
  session: sessionId,
  way: 'squash',
  target: 'main',
  defaultBranch: true,
  targetCommit: 'a'.repeat(40),
  tip: 'b'.repeat(40),
  nothing: false,
  conflicts: [],
  files: 1,
  insertions: 2,
  deletions: 1,
  paths: [{ path: 'a\u001B[2J.txt', kind: 'modified', insertions: 2, deletions: 1 }],
  commits: [{ id: 'b'.repeat(40), subject: 's', author: 'A' }],
  message: 'Add a test',
  uncommitted: 3,
  privateFiles: ['.env'],
  unsigned: true,
  gates: [['npm', 'test']],
};

function engine(end: Partial<LandingView>, asked: unknown[] = []): FakeEngine {
  let looks = 0;
  return new FakeEngine({
    'session/show': () => reported(),
    'landing/land': (params) => (asked.push(params), { landing: aLanding() }),
    'landing/revert': (params) => (asked.push(params), { landing: aLanding({ reverts: 'landing-0' }) }),
    'landing/preview': () => preview,
    'landing/withdraw': () => ({ landing: aLanding({ state: 'withdrawn' }) }),
    'landing/queue': () => ({ landings: [aLanding((looks += 1) > 2 ? end : {})] }),
  });
}

describe('land', () => {
  it('waits for the end and says what landed', async () => {
    const asked: unknown[] = [];
    const landed = { state: 'landed', commit: 'c'.repeat(40) } as const;
    const args = ['land', '1f2e', '--merge', '--commit', '-m', 'Home', '--private', '.env'];
    const { exit, stdout } = await coppice(engine(landed, asked), args);
    assert.equal(exit, 0);
    assert.match(stdout, /^Landed in main at cccccccccccc\n/);
    assert.deepEqual(asked, [
      { session: sessionId, way: 'merge', commit: true, message: 'Home', private: ['.env'], deletions: false },
    ]);
  });

  it('is a failure when it is refused, with the conflict and what to do', async () => {
    const error = { code: 'wrong-state', message: 'They disagree.', next: 'Merge by hand.' } as const;
    const conflicts = [{ path: 'work.txt', kind: 'content', messages: [] }];
    const { exit, stdout } = await coppice(engine({ state: 'refused', error, conflicts }), ['land', '1f2e']);
    assert.equal(exit, 1);
    assert.match(stdout, /They disagree\.\n {2}C work\.txt \(content\)\n {2}Merge by hand\./);
  });

  it('has nothing to do where the branch has all of it already, and is no failure then', async () => {
    const context = { reason: 'nothing' };
    const error = { code: 'wrong-state', message: 'm', next: 'n', context } as const;
    const { exit, stdout } = await coppice(engine({ state: 'refused', error }), ['land', '1f2e']);
    assert.equal(exit, 0);
    assert.equal(stdout, 'Nothing to do: main has all of it already.\n');
  });

  it('says which files are gone, and lands without them only by name', async () => {
    const asked: unknown[] = [];
    const fake = engine({ state: 'landed' }, asked);
    fake.handlers['landing/preview'] = () => ({ ...preview, lost: { gone: 412, of: 500 } });
    const { stdout } = await coppice(fake, ['land', '1f2e', '--dry-run']);
    assert.match(stdout, /412 of 500 files are gone since its work ended; that lands only with --deletions/);
    await coppice(fake, ['land', '1f2e', '--commit', '--deletions']);
    assert.deepEqual(asked, [{ session: sessionId, way: 'squash', commit: true, private: [], deletions: true }]);
  });

  it('leaves what waits for a checkout to the engine', async () => {
    const { exit, stdout } = await coppice(engine({ held: '/repo has changes.' }), ['land', '1f2e']);
    assert.equal(exit, 4);
    assert.match(stdout, /^Waits: \/repo has changes\.\n {2}goes on by itself .*coppice land --withdraw \S+\n$/);
  });

  it('takes back, takes out of the line, and shows the line', async () => {
    const asked: unknown[] = [];
    const back = { state: 'landed', commit: 'd'.repeat(40), reverts: 'landing-0' } as const;
    const { stdout } = await coppice(engine(back, asked), ['land', '1f2e', '--revert']);
    assert.match(stdout, /^Taken back from main/);
    assert.deepEqual(asked, [{ session: sessionId }]);
    assert.match((await coppice(engine({}), ['land', '1f2e', '--withdraw'])).stdout, /^Taken out of the line/);
    assert.match((await coppice(engine({}), ['land', '--queue'])).stdout, /1f2e3d4c +main +squash +queued/);
  });

  it('only says what would land, and nothing of it reaches the terminal as a command', async () => {
    const { exit, stdout } = await coppice(engine({}), ['land', '1f2e', '--dry-run']);
    assert.equal(exit, 0);
    assert.match(stdout, /Would land in main \(the default branch\) by squash: 1 file, \+2 -1, 1 commit/);
    assert.match(stdout, /3 changed files are not committed; --commit takes them along/);
    assert.match(stdout, /\.env is ignored in your checkout; it lands only with --private \.env/);
    assert.match(stdout, /its commits are not signed, although commit\.gpgSign is set/);
    assert.ok(!stdout.includes('\u001B'));
    const json = await coppice(engine({}), ['land', '1f2e', '--dry-run', '--json']);
    assert.deepEqual(JSON.parse(json.stdout), preview);
  });

  it('has to be told what, and one way only', async () => {
    assert.equal((await coppice(engine({}), ['land'])).exit, 2);
    assert.equal((await coppice(engine({}), ['land', '1f2e', '--merge', '--rebase'])).exit, 2);
    assert.equal((await coppice(engine({}), ['land', '1f2e', '--revert', '--commit'])).exit, 2);
  });
});

const facts: SessionFacts = {
  session: sessionId,
  worktree: '/repo-worktrees/parser',
  branch: 'feature/parser',
  running: false,
  changed: 2,
  untracked: 1,
  ignored: ['notes.local'],
  repositories: [],
  unpushed: 1,
  unlanded: 1,
  findings: [],
  children: [],
  needs: ['changes', 'unpushed'],
  teardown: [],
};

function removing(asked: unknown[]): FakeEngine {
  const unsafe = new CoppiceError('worktree-unsafe', 'It has changes.', 'Say that they may go.');
  return new FakeEngine({
    'session/facts': () => facts,
    'session/remove': (params) => {
      asked.push(params);
      if (params.force.length < 2) throw unsafe;
      return { session: sessionId, kept: 'refs/coppice/x/final', until: '2026-01-01T00:00:00.000Z' };
    },
    'session/restore': () => ({ session: aSession({ status: 'reported' }) }),
    'session/rename': ({ title }) => ({ session: aSession({ title }) }),
  });
}

describe('session remove, restore and rename', () => {
  it('needs a consent in a pipe, and keeps the two apart', async () => {
    const asked: { force: string[]; skipTeardown: boolean }[] = [];
    assert.equal((await coppice(removing(asked), ['session', 'remove', '1f2e'])).exit, 3);
    const { exit, stdout } = await coppice(removing(asked), ['session', 'rm', '1f2e', '--force', '--skip-teardown']);
    assert.equal(exit, 0);
    assert.match(stdout, /kept at refs\/coppice\/x\/final\n {2}bring it back with: coppice session restore/);
    assert.deepEqual(
      asked.map(({ force, skipTeardown }) => [force.length, skipTeardown]),
      [
        [0, false],
        [2, true],
      ],
    );
  });

  it('shows a person what would be lost, and takes no for an answer', async () => {
    const asked: unknown[] = [];
    const no = await coppice(removing(asked), ['session', 'remove', '1f2e'], { types: ['n'] });
    assert.match(no.stdout, /2 changed files are not committed, 1 of them new/);
    assert.match(no.stdout, /nothing makes it again: notes\.local/);
    assert.deepEqual([no.exit, asked], [0, []]);
    const yes = await coppice(removing(asked), ['session', 'remove', '1f2e'], { types: ['y'] });
    assert.deepEqual([yes.exit, asked.length], [0, 1]);
  });

  it('brings back, and renames', async () => {
    assert.match((await coppice(removing([]), ['session', 'restore', '1f2e'])).stdout, /reported/);
    assert.match((await coppice(removing([]), ['session', 'rename', '1f2e', 'Parser'])).stdout, /Parser/);
    assert.deepEqual(
      JSON.parse((await coppice(removing([]), ['session', 'remove', '1f2e', '-n', '--json'])).stdout),
      facts,
    );
  });
});
