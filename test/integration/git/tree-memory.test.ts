import assert from 'node:assert/strict';
import { appendFile, chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { privateIndex } from '../../../src/git/checkout.ts';
import { commitWorktree } from '../../../src/git/commit.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { openRepository, type Repository } from '../../../src/git/repository.ts';
import { treeSince } from '../../../src/git/still.ts';
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
    for (let number = 0; number < steps; number += 1) {
      told.push(await change(number));
      if (chance.below(6) === 0) {
        const trailers = { task: 't', session: 's', intent: `i-${number}` };
        await commitWorktree(repository, place, { message: 'work', trailers });
        told.push('Coppice commits');
      }
      const options = { nested: chance.below(2) === 0 ? ('as-files' as const) : ('leave-out' as const) };
      const since = await treeSince(repository, place);
      const remembered = await treeOf(repository, place, options);
      const privateDir = sandbox.path(`private-${number}`);
      const { door, location, owner } = { door: sandbox.door(), ...repository };
      const other = await openRepository(location, { door, env: sandbox.env, privateDir, owner });
      const fresh = await treeOf(other, place, options);
      assert.deepEqual(remembered, fresh, `${told.join(', ')}: ${JSON.stringify(options)}`);
      if (since !== undefined) assert.equal(since, fresh.tree, `${told.join(', ')}: told from the look before`);
    }
  });

  it('takes few processes where nothing changed', async () => {
    await treeOf(repository, place);
    const before = sandbox.log.length;
    await treeOf(repository, place);
    const commands = sandbox.log.slice(before).map(({ args }) => args[0]);
    assert.deepEqual(commands, ['add', 'write-tree']);
  });

  it('is told without waiting for somebody else who looks', async () => {
    const { tree } = await treeOf(repository, place);
    await repository.exclusive(`index ${privateIndex(repository, place.admin)}`, async () => {
      assert.equal(await treeSince(repository, place, AbortSignal.timeout(10_000)), tree);
    });
  });

  it('is right where somebody wrote the index meanwhile', async () => {
    await treeOf(repository, place);
    let looks = 0;
    const disturbed: typeof repository = {
      ...repository,
      async onTree(path, index, args, options) {
        const answer = await repository.onTree(path, index, args, options);
        looks += 1;
        if (looks > 1) return answer;
        await writeFile(join(place.path, 'meanwhile.txt'), 'meanwhile');
        await treeOf(repository, place);
        return answer;
      },
    };
    const since = await treeSince(disturbed, place);
    assert.equal(looks, 2);
    assert.equal(since, (await treeOf(repository, place)).tree);
  });

  it('is told from the look before in one process, whatever was done to it', async () => {
    const { tree } = await treeOf(repository, place, { nested: 'as-files', submodules: 'as-links' });
    const at = (name: string): string => join(place.path, name);
    const processes = async (): Promise<readonly (string | undefined)[]> => {
      const before = sandbox.log.length;
      assert.equal(await treeSince(repository, place), tree);
      return sandbox.log.slice(before).map(({ args }) => args[0]);
    };
    assert.deepEqual(await processes(), ['ls-files']);
    /** What somebody sees who remembers nothing. */
    const fresh = async (): Promise<string> => {
      const { door, location, owner } = { door: sandbox.door(), ...repository };
      const other = await openRepository(location, {
        door,
        env: sandbox.env,
        privateDir: sandbox.path('other'),
        owner,
      });
      return (await treeOf(other, place)).tree;
    };
    const undone: readonly (readonly [string, () => Promise<unknown>, () => Promise<unknown>, 'unsure'?])[] = [
      ['another content of the same length', () => writeFile(at('a.txt'), 'b\n'), () => writeFile(at('a.txt'), 'a\n')],
      ['a file more', () => writeFile(at('src/new.txt'), ''), () => rm(at('src/new.txt'))],
      ['a file less', () => rm(at('src/b.txt')), () => writeFile(at('src/b.txt'), 'b\n')],
      ['a folder less', () => rm(at('src/deep'), { recursive: true }), () => remade(at('src/deep'), 'c.txt', 'c\n')],
      ['a file for a folder', () => turned(at('src/deep')), () => remade(at('src/deep'), 'c.txt', 'c\n')],
      ['another mode', () => chmod(at('a.txt'), 0o755), () => chmod(at('a.txt'), 0o644)],
      [
        'a repository',
        () => sandbox.tryGit(place.path, 'init', '-q', 'in'),
        () => rm(at('in'), { recursive: true }),
        'unsure',
      ],
      [
        'other ignored files',
        () => writeFile(at('.gitignore'), ''),
        () => writeFile(at('.gitignore'), '*.log\n'),
        'unsure',
      ],
    ];
    for (const [what, change, back, unsure] of undone) {
      await change();
      const since = await treeSince(repository, place);
      assert.equal(since, unsure === undefined ? await fresh() : undefined, what);
      assert.notEqual(since, tree, what);
      await back();
      assert.equal(await treeSince(repository, place), tree, `${what}, undone`);
    }
    await writeFile(at('ignored.log'), 'x');
    assert.equal(await treeSince(repository, place), tree, 'an ignored file');
    await sandbox.tryGit(place.path, 'commit', '--allow-empty', '-qm', 'HEAD has moved');
    assert.equal(await treeSince(repository, place), undefined, 'on another commit other files may be tracked');
  });
});

async function remade(folder: string, name: string, content: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await writeFile(join(folder, name), content);
}

async function turned(folder: string): Promise<void> {
  await rm(folder, { recursive: true });
  await writeFile(folder, 'a file\n');
}
