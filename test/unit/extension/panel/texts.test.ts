import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileInWorktree, treePath, webAddress } from '../../../../src/extension/panel/links.ts';
import { promptText } from '../../../../src/extension/panel/prompt-text.ts';
import { shown, Trimmer } from '../../../../src/extension/panel/trim.ts';
import { whole } from '../../../../src/extension/panel/whole-text.ts';

describe('links of a panel', () => {
  it('lead to web pages only', () => {
    assert.equal(webAddress('HTTPS://Example.com/a b'), 'https://example.com/a%20b');
    for (const bad of [
      'javascript:alert(1)',
      'file:///etc/passwd',
      'vscode://x',
      'command:x',
      'data:text/html,x',
      '',
      'x',
    ]) {
      assert.throws(() => webAddress(bad), { code: 'bad-usage' }, bad);
    }
  });

  it('lead to files of the worktree only, links followed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'coppice-links-'));
    try {
      const top = join(folder, 'tree');
      await mkdir(join(top, 'src'), { recursive: true });
      await writeFile(join(top, 'src', 'a.ts'), '');
      await writeFile(join(folder, 'secret'), '');
      await symlink(join(folder, 'secret'), join(top, 'link'));
      await symlink(folder, join(top, 'up'));
      assert.equal(await fileInWorktree(top, 'src/a.ts'), join(top, 'src', 'a.ts'));
      assert.equal(await fileInWorktree(top, join(top, 'src', 'a.ts')), join(top, 'src', 'a.ts'));
      for (const bad of ['../secret', 'link', 'up/secret', '/etc/passwd', 'src/../../secret', 'none.ts', '.', '']) {
        await assert.rejects(fileInWorktree(top, bad), { code: 'not-found' }, bad);
      }
      assert.equal(treePath(top, join(top, 'new.ts')), 'new.ts');
      assert.equal(treePath(top, '..'), undefined);
      assert.equal(treePath(top, `${top}-other/x`), undefined);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the prompt of a panel', () => {
  it('names its attachments as paths', () => {
    assert.equal(promptText('Fix it', []), 'Fix it');
    assert.equal(
      promptText('Fix it', [
        { path: 'a.ts' },
        { path: 'b.ts', lines: { from: 3, to: 9 } },
        { path: 'c', lines: { from: 2, to: 2 } },
      ]),
      'Fix it\n\nFiles this is about:\n- a.ts\n- b.ts, lines 3 to 9\n- c, line 2',
    );
    assert.equal(promptText(' ', [{ path: 'a.ts' }]), 'Look at:\n- a.ts');
  });
});

describe('long texts of events', () => {
  it('are cut, and say how long they were and where the rest is', () => {
    const trimmer = new Trimmer(0);
    trimmer.take({ offset: 50, event: { kind: 'message', text: 'short' } });
    const cut = trimmer.take({
      offset: 90,
      event: { kind: 'tool-ended', id: 't', ok: true, output: 'x'.repeat(100_000) },
    });
    assert.deepEqual(cut.cuts, [{ field: 'output', length: 100_000 }]);
    assert.deepEqual([cut.from, cut.offset, cut.part], [50, 90, 0]);
    assert.equal(cut.event.kind === 'tool-ended' && cut.event.output.length, shown.output);
    const second = trimmer.take({ offset: 90, event: { kind: 'message', text: '😀'.repeat(20_000) } });
    assert.equal(second.part, 1);
    assert.equal(second.event.kind === 'message' && second.event.text.isWellFormed(), true);
  });

  it('bound what an input may be made of', () => {
    let deep: unknown = 'x';
    for (let i = 0; i < 30; i++) deep = { deep, list: Array.from({ length: 100 }, () => 'y'.repeat(10_000)) };
    const { event } = new Trimmer(0).take({
      offset: 1,
      event: { kind: 'tool-started', id: 't', name: 'n', input: { deep } },
    });
    assert.ok(JSON.stringify(event).length < 2_000_000);
  });

  it('are read again from the stream', async () => {
    const lines = [
      { offset: 10, event: { kind: 'message', text: 'a' } },
      { offset: 20, event: { kind: 'tool-started', id: 't', name: 'n', input: { command: 'long command' } } },
      { offset: 20, event: { kind: 'message', text: 'long text' } },
    ];
    const link = {
      request: async (_: string, { from }: { from: number }) => {
        const events = lines.filter(({ offset }) => offset > from).slice(0, 2);
        return { events, next: events.at(-1)?.offset ?? from, live: false };
      },
    } as never;
    const at = { from: 10, offset: 20 };
    assert.equal(await whole(link, 's', { ...at, part: 1, field: 'text' }), 'long text');
    assert.equal(await whole(link, 's', { ...at, part: 0, field: 'input.command' }), 'long command');
    await assert.rejects(whole(link, 's', { ...at, part: 5, field: 'text' }), { code: 'not-found' });
    await assert.rejects(whole(link, 's', { from: 20, offset: 30, part: 0, field: 'text' }), { code: 'not-found' });
  });
});
