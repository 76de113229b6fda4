import assert from 'node:assert/strict';
import { appendFile, chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { commitWorktree } from '../../../src/git/commit.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { openRepository, type Repository } from '../../../src/git/repository.ts';
import { isStill } from '../../../src/git/still.ts';
import { treeOf } from '../../../src/git/tree.ts';
import { Chance } from '../../support/engine/chance.ts';
import { Sandbox } from './support.ts';

const steps = 60;

describe('the content of a worktree, with what is remembered from call to call', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let repository: Repository;
  let place: Place;
  const chance = new Chance();
  beforeEach(async () => {
    sandbox = await Sandbox.make();
    const main = await sandbox.repository('project', {
      '.gitignore': '*.log\n',
      'a.txt': 'a\n',
      'src/b.txt': 'b\n',
      'src/deep/c.txt': 'c\n',
    });
    repository = await sandbox.open(main);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' }));
  });
  afterEach(async () => sandbox.clean());
  after(() => process.stdout.write(`      seed ${chance.seed}\n`));

  /** One of the things that agents do. Returns what it was. */
  async function change(number: number): Promise<string> {
    const at = (name: string): string => join(place.path, name);
    const name =
      ['a.txt', 'src/b.txt', 'src/new.txt', 'out.log', 'other/d.txt', `n${number}.txt`][chance.below(6)] ?? '';
    await mkdir(join(at(name), '..'), { recursive: true });
    const git = (...args: string[]): Promise<void> => sandbox.tryGit(place.path, ...args);
    const moves: readonly (readonly [string, () => Promise<unknown>])[] = [
      [`writes ${name}`, () => writeFile(at(name), `${chance.below(3)}\n`)],
      [`appends to ${name}`, () => appendFile(at(name), 'more\n')],
      [`removes ${name}`, () => rm(at(name), { force: true })],
      [`makes ${name} executable`, () => chmod(at(name), 0o755).catch(() => undefined)],
      ['ignores text files', () => appendFile(at('.gitignore'), 'n*.txt\n')],
      ['ignores only logs', () => writeFile(at('.gitignore'), '*.log\n')],
      ['makes a repository inside', () => git('init', '-q', `nested${chance.below(2)}`)],
      ['commits in the repository inside', () => sandbox.tryGit(at('nested0'), 'commit', '--allow-empty', '-qm', 'n')],
      ['removes the repository inside', () => rm(at('nested0'), { recursive: true, force: true })],
      ['commits', () => git('add', '-A').then(() => git('commit', '-qam', `agent ${number}`))],
      ['goes back one commit', () => git('reset', '-q', '--hard', 'HEAD^')],
      ['does nothing', () => Promise.resolve()],
    ];
    const [what, move] = moves[chance.below(moves.length)] ?? moves[0] ?? ['', () => Promise.resolve()];
    await move();
    return what;
  }

  it('is what somebody sees who remembers nothing', async () => {
    const told: string[] = [];
    let last: string | undefined;
    for (let number = 0; number < steps; number += 1) {
      told.push(await change(number));
      if (chance.below(6) === 0) {
        const trailers = { task: 't', session: 's', intent: `i-${number}` };
        await commitWorktree(repository, place, { message: 'work', trailers });
        told.push('Coppice commits');
      }
      const options = { nested: chance.below(2) === 0 ? ('as-files' as const) : ('leave-out' as const) };
      const still = last !== undefined && (await isStill(repository, place, last));
      const remembered = await treeOf(repository, place, options);
      const privateDir = sandbox.path(`private-${number}`);
      const { door, location, owner } = { door: sandbox.door(), ...repository };
      const other = await openRepository(location, { door, env: sandbox.env, privateDir, owner });
      const fresh = await treeOf(other, place, options);
      assert.deepEqual(remembered, fresh, `${told.join(', ')}: ${JSON.stringify(options)}`);
      if (still) assert.equal(fresh.tree, last, `${told.join(', ')}: it was said to be as before`);
      last = fresh.tree;
    }
  });

  it('takes few processes where nothing changed', async () => {
    await treeOf(repository, place);
    const before = sandbox.log.length;
    await treeOf(repository, place);
    const commands = sandbox.log.slice(before).map(({ args }) => args[0]);
    assert.deepEqual(commands, ['add', 'write-tree']);
  });

  it('is compared in one process, and told from what it was whatever was done to it', async () => {
    const { tree } = await treeOf(repository, place, { nested: 'as-files', submodules: 'as-links' });
    const before = sandbox.log.length;
    assert.equal(await isStill(repository, place, tree), true);
    assert.deepEqual(
      sandbox.log.slice(before).map(({ args }) => args[0]),
      ['ls-files'],
    );
    const at = (name: string): string => join(place.path, name);
    const undone: readonly (readonly [string, () => Promise<unknown>, () => Promise<unknown>])[] = [
      ['another content of the same length', () => writeFile(at('a.txt'), 'b\n'), () => writeFile(at('a.txt'), 'a\n')],
      ['a file more', () => writeFile(at('src/new.txt'), ''), () => rm(at('src/new.txt'))],
      ['a file less', () => rm(at('src/b.txt')), () => writeFile(at('src/b.txt'), 'b\n')],
      ['another mode', () => chmod(at('a.txt'), 0o755), () => chmod(at('a.txt'), 0o644)],
      ['a repository', () => sandbox.tryGit(place.path, 'init', '-q', 'in'), () => rm(at('in'), { recursive: true })],
      ['other ignored files', () => writeFile(at('.gitignore'), ''), () => writeFile(at('.gitignore'), '*.log\n')],
    ];
    for (const [what, change, back] of undone) {
      await change();
      assert.equal(await isStill(repository, place, tree), false, what);
      await back();
      assert.equal(await isStill(repository, place, tree), true, `${what}, undone`);
    }
    await writeFile(at('ignored.log'), 'x');
    assert.equal(await isStill(repository, place, tree), true, 'an ignored file');
    assert.equal(await isStill(repository, place, '0'.repeat(40)), false, 'a tree that nobody looked for');
  });
});
