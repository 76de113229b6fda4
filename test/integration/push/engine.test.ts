import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defined } from '../../../src/core/defined.ts';
import { isPlainUrl } from '../../../src/git/push.ts';
import type { SessionDetail } from '../../../src/protocol/schemas.ts';
import { comes, land } from '../../support/engine/landings.ts';
import { Person } from '../../support/engine/person.ts';
import { git } from '../../support/engine/repository.ts';
import { until } from '../../support/engine/waiting.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

describe('pushing what was committed', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;
  let remote: string;

  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  afterEach(async () => world.dispose());

  async function begin(config = ''): Promise<void> {
    world = await worlds.world({ config });
    remote = join(world.root, 'remote.git');
    await git(world.root, 'init', '--quiet', '--bare', '--template=', 'remote.git');
    await git(world.repository, 'remote', 'add', 'origin', remote);
    await git(world.repository, 'push', '--quiet', 'origin', 'main');
    person = new Person(world);
    await person.trust();
  }

  const pushed = (session: string): Promise<SessionDetail> =>
    until(
      async () => {
        const detail = await person.show(session);
        return detail.pushed?.commit === detail.changes?.commit && detail.changes !== undefined ? detail : undefined;
      },
      () => world.log(),
    );

  it('the remote has each stretch of work with the task in its message, and main is where it was', async () => {
    await begin();
    const main = await git(remote, 'rev-parse', 'main');
    const session = await person.create('alpha');
    await person.sees(session, 'reported');
    const { branch, task, pushed: first } = await pushed(session);
    assert.equal(first?.remote, 'origin');
    const message = await git(remote, 'log', '-1', '--format=%(trailers:key=Coppice-Task,valueonly)', branch ?? '');
    assert.equal(message, task);
    await person.continue(session, 'beta');
    await person.sees(session, 'reported');
    await pushed(session);
    assert.equal(await git(remote, 'show', `${branch ?? ''}:work.txt`), '- alpha\n- beta');
    assert.equal(await git(remote, 'rev-parse', 'main'), main);
    assert.equal((await person.ask('session/facts', { session })).unpushed, 0);
  });

  it('a turn that others follow is committed and pushed before the next one begins', async () => {
    await begin();
    const session = await person.create('#ask alpha');
    await person.sees(session, 'needs-you');
    await person.continue(session, '#ask beta');
    await person.answer(session, 'allow');
    const { branch, task } = await until(
      async () => {
        const detail = await person.show(session);
        return detail.turns === 2 && detail.status === 'needs-you' ? detail : undefined;
      },
      () => world.log(),
    );
    const onRemote = (): Promise<string> =>
      git(remote, 'log', '--format=%(trailers:key=Coppice-Task,valueonly,separator=)', `main..${branch}`);
    await until(
      async () => ((await onRemote().catch(() => '')) === task ? true : undefined),
      () => world.log(),
    );
    assert.match(await git(remote, 'show', `${branch}:work.txt`), /alpha/);
    assert.doesNotMatch(await git(remote, 'show', `${branch}:work.txt`), /beta/);
    await person.answer(session, 'allow');
    await person.sees(session, 'reported');
    await pushed(session);
    assert.equal(await onRemote(), `${task}\n${task}`);
    assert.match(await git(remote, 'show', `${branch}:work.txt`), /alpha\n.*beta/);
  });

  it('a push that is refused is a notice; nothing is forced', async () => {
    await begin();
    const session = await person.create('alpha');
    await person.sees(session, 'reported');
    const { branch } = await pushed(session);
    const other = await git(remote, 'commit-tree', '-m', 'theirs', 'main^{tree}');
    await git(remote, 'update-ref', `refs/heads/${branch ?? ''}`, other);
    await person.continue(session, 'beta');
    const { status } = await person.sees(session, 'reported');
    assert.equal(status, 'reported');
    assert.match((await pushed(session)).pushed?.error?.message ?? '', /git push failed/);
    assert.equal(await git(remote, 'rev-parse', branch ?? ''), other);
  });

  describe('of a worktree from which most files went', () => {
    const many = Array.from({ length: 12 }, (_, n) => `src/${n % 3}/${n}.txt`);
    const decision = (detail: SessionDetail) => detail.needs.find(({ kind }) => kind === 'decision');
    /** Waits until a question of this kind is open. */
    const asked = (session: string, kind: string): Promise<SessionDetail> =>
      until(
        async () => {
          const detail = await person.show(session);
          return detail.needs.some((each) => each.kind === kind) ? detail : undefined;
        },
        () => world.log(),
      );
    const branches = (): Promise<string> => git(remote, 'for-each-ref', '--format=%(refname:short)');

    async function withMany(config = ''): Promise<void> {
      await begin(config);
      for (const path of many) {
        await mkdir(dirname(join(world.repository, path)), { recursive: true });
        await writeFile(join(world.repository, path), `${path}\n`);
      }
      await git(world.repository, 'add', '-A');
      await git(world.repository, 'commit', '-q', '-m', 'many');
      await git(world.repository, 'push', '--quiet', 'origin', 'main');
    }

    it('waits for a person before anything is committed, whoever else moves on, and goes on with the files put back', async () => {
      await withMany();
      const session = await person.create('#ask alpha');
      const { worktree, branch, baseCommit } = await person.sees(session, 'needs-you');
      await person.continue(session, 'beta');
      await rm(join(worktree ?? '', 'src'), { recursive: true });
      await person.answer(session, 'allow');
      const held = await asked(session, 'decision');
      assert.match(decision(held)?.title ?? '', /^12 of 1[34] files are gone since turn 1 began$/);
      assert.match(decision(held)?.detail ?? '', /src\/0\/0\.txt/);

      await world.kill();
      await person.continue(session, 'gamma');
      const still = await asked(session, 'decision');
      assert.deepEqual([still.needs.length, still.turns, still.status], [1, 1, 'needs-you']);
      assert.equal(await branches(), 'main');
      assert.equal(await git(world.repository, 'rev-parse', branch ?? ''), baseCommit);

      const putBack = (breakpoint?: string): Promise<unknown> =>
        person.ask('session/answer', { session, ...defined({ breakpoint }), answer: { choice: 'put-back' } });
      const [rules, inTheWay] = ['.gitignore', 'src'].map((name) => join(worktree ?? '', name)) as [string, string];
      await writeFile(rules, '/src\n');
      await writeFile(inTheWay, 'ignored\n');
      await putBack(decision(still)?.id);
      const again = await until(
        async () => {
          const found = decision(await person.show(session));
          return found?.title.includes('could not be put back') === true ? found : undefined;
        },
        () => world.log(),
      );
      assert.match(again.detail, /git ignores would be written over: src\./);
      assert.equal(await branches(), 'main');
      await rm(rules);
      await rm(inTheWay);
      await putBack(again.id);
      const { turns } = await person.sees(session, 'reported');
      assert.equal(turns, 3);
      await pushed(session);
      const files = (await git(remote, 'ls-tree', '-r', '--name-only', branch ?? '')).split('\n');
      assert.deepEqual(
        many.filter((path) => !files.includes(path)),
        [],
      );
      assert.match(await git(remote, 'show', `${branch ?? ''}:work.txt`), /alpha[^]*beta[^]*gamma/);
      for (const commit of (await git(remote, 'rev-list', `main..${branch ?? ''}`)).split('\n'))
        assert.equal(
          (await git(remote, 'ls-tree', '-r', '--name-only', commit, 'src')).split('\n').length,
          many.length,
        );
    });

    it('is a question also when they went after the turn, before it is judged and before the next one', async () => {
      await withMany('supervision:\n  gates:\n    - [test, -d, .]\n');
      /** Once a person has let it go on in the worktree without them. */
      const noticed = async (session: string): Promise<void> => {
        const found = await until(
          async () => {
            const need = decision(await person.show(session));
            return need?.about?.lost === undefined ? undefined : need;
          },
          () => world.log(),
        );
        assert.match(found.title, /^12 of 1[34] files are gone since checkpoint \d+$/);
        assert.match(found.detail, /src\/0\/0\.txt/);
        await person.ask('session/answer', { session, breakpoint: found.id, answer: { choice: 'put-back' } });
        const { branch } = await person.sees(session, 'verified');
        await pushed(session);
        assert.equal((await git(remote, 'ls-tree', '-r', '--name-only', branch ?? '', 'src')).split('\n').length, 12);
      };
      await person.ask('breakpoint/set', { path: world.repository, condition: 'after turn', once: true });
      const session = await person.create('alpha');
      const { worktree } = await person.sees(session, 'needs-you');
      await rm(join(worktree ?? '', 'src'), { recursive: true });
      await person.answer(session, 'allow');
      await noticed(session);
      await rm(join(worktree ?? '', 'src'), { recursive: true });
      await person.continue(session, 'beta');
      await noticed(session);
    });

    it('is not committed when they went after the turn, and lands only when a person says that they are to go', async () => {
      await withMany();
      await person.ask('breakpoint/set', { path: world.repository, condition: 'after turn', once: true });
      const session = await person.create('alpha');
      const { worktree, branch, baseCommit } = await person.sees(session, 'needs-you');
      await rm(join(worktree ?? '', 'src'), { recursive: true });
      await person.answer(session, 'allow');
      const failed = await person.sees(session, 'failed');
      assert.match(failed.error?.message ?? '', /^12 of 1\d files of .* are gone/);
      assert.equal(await branches(), 'main');
      assert.equal(await git(world.repository, 'rev-parse', branch ?? ''), baseCommit);

      const preview = await person.ask('landing/preview', { session });
      assert.equal(preview.lost?.gone, 12);
      await assert.rejects(person.ask('landing/land', { session, commit: true }), {
        message: /has lost 12 of 1\d files since/,
        next: 'Bring them back, or land without them, if they are to go.',
      });
      const landing = await land(person, session, { commit: true, deletions: true });
      await comes(person, session, landing, 'landed');
      assert.equal(await git(world.repository, 'ls-tree', '-r', 'main', 'src'), '');
    });
  });

  it('can be switched off, and is off where a person is at the keyboard', async () => {
    await begin('session:\n  autoPush:\n    autonomous: false\n');
    const off = await person.create('alpha');
    await person.sees(off, 'reported');
    const keyboard = await person.create('beta', { mode: 'interactive' });
    await person.sees(keyboard, 'reported');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(await git(remote, 'for-each-ref', '--format=%(refname:short)'), 'main');
  });

  it('what an engine did not come to push is pushed by the next one', async () => {
    await begin();
    const hook = join(remote, 'hooks');
    await mkdir(hook, { recursive: true });
    await writeFile(join(hook, 'pre-receive'), '#!/bin/sh\nsleep 3\n', { mode: 0o755 });
    const session = await person.create('alpha');
    await person.sees(session, 'reported');
    await world.kill();
    await pushed(session);
  });

  it('only addresses that name no program are pushed to', () => {
    const plain = ['git@host:a/b.git', 'https://host/a', 'ssh://host/a', '/srv/a.git', '../a', 'file:///a'];
    assert.deepEqual(
      plain.filter((url) => !isPlainUrl(url)),
      [],
    );
    const not = ['ext::sh -c id', '-oProxyCommand=id', 'foo::bar', 'gopher://x', 'a\nb'];
    assert.deepEqual(not.filter(isPlainUrl), []);
  });
});
