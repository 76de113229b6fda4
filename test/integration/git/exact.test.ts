import assert from 'node:assert/strict';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../src/core/session/state.ts';
import { type Capture, takeCheckpoint } from '../../../src/git/checkpoint.ts';
import { createWorktree } from '../../../src/git/create.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { moveFiles } from '../../../src/git/restore.ts';
import { chosenRollback, keepResult } from '../../../src/git/roll-back.ts';
import { readAll } from './checkpoint-model.ts';
import { Sandbox } from './support.ts';

describe('bytes that git would not give back', () => {
  let sandbox: Sandbox;
  let repository: Repository;
  let place: Place;
  let n = 0;
  let last: Capture | undefined;

  beforeEach(async () => {
    sandbox = await Sandbox.make();
    const attributes = '* text=auto\n*.dos text eol=crlf\n*.id ident\n*.bin -text\n';
    const root = await sandbox.repository('project', {
      '.gitattributes': attributes,
      'a.txt': 'one\ntwo\n',
      'b.dos': 'one\r\ntwo\r\n',
      'c.id': '$Id$\n',
      'd.txt': 'plain\n',
    });
    repository = await sandbox.open(root);
    ({ place } = await createWorktree(repository, { root: sandbox.root, slug: 'work', branch: 'feature/work' }));
    last = undefined;
  });
  afterEach(() => sandbox.clean());

  async function take(seen: readonly string[] = []): Promise<Capture> {
    n += 1;
    const parent = last === undefined ? {} : { parent: last };
    last = await takeCheckpoint(repository, place, { session: 's', n, intent: `i${n}`, seen, ...parent });
    return last;
  }

  async function goBack(now: Capture, target: Capture): Promise<void> {
    const moves = await chosenRollback(repository, now, target, {});
    n += 1;
    const result = await keepResult(repository, { session: 's', n, intent: `i${n}`, now, head: now.head, moves });
    await moveFiles(repository, place, moves);
    last = { ...result, head: now.head, remarks: [] };
    assert.equal((await take()).exact?.tree, target.exact?.tree, 'the state after is the one promised');
  }

  it('are kept beside the tree and put back, in both directions', async () => {
    const clean = await take();
    const start = await readAll(place.path);
    assert.equal(clean.exact, undefined, 'a checkout is what a checkout makes');
    const write = (name: string, bytes: string): Promise<void> => writeFile(join(place.path, name), bytes);
    await write('a.txt', 'one\r\ntwo\nthree\r\n');
    await write('b.dos', 'only\nline feeds\n');
    await write('c.id', '$Id: mine $\n');
    await write('fresh.txt', 'dos\r\nfile\r\n');
    await write('d.txt', 'plain\r\n');
    await write('raw.bin', 'a\r\nb\n');
    // Of these two git sees no difference: somebody has to have seen them being touched.
    const mixed = await take(['c.id', 'd.txt']);
    const edited = await readAll(place.path);
    assert.notEqual(mixed.exact, undefined);
    const names = await sandbox.git(place.path, 'ls-tree', '-r', '--name-only', mixed.exact?.tree ?? '');
    assert.deepEqual(names.split('\n'), ['a.txt', 'b.dos', 'c.id', 'd.txt', 'fresh.txt']);
    await goBack(mixed, clean);
    assert.deepEqual(await readAll(place.path), start);
    await goBack(last ?? clean, mixed);
    assert.deepEqual(await readAll(place.path), edited);
    await sandbox.git(place.path, 'gc', '-q', '--prune=now');
    await rm(join(place.path, 'a.txt'));
    await goBack(await take(), mixed);
    assert.deepEqual(await readAll(place.path), edited);
  });

  it('are not taken in parts', async () => {
    const clean = await take();
    await writeFile(join(place.path, 'a.txt'), 'one\r\n2\n');
    const now = await take();
    await assert.rejects(chosenRollback(repository, now, clean, { hunks: [{ path: 'a.txt', hunks: [0] }] }), {
      code: 'bad-usage',
    });
    await chosenRollback(repository, now, clean, { paths: ['a.txt'] });
  });

  it('cost nothing where nothing is converted, and are the same when nothing changes', async () => {
    await appendFile(join(place.path, 'd.txt'), 'more\r\n');
    const [first, second] = [await take(), await take()];
    assert.equal(second.commit, first.commit);
    assert.equal((await readFile(join(place.path, 'd.txt'))).toString(), 'plain\nmore\r\n');
  });
});
