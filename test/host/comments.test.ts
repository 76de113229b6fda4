/** The text of a comment is there again where it was not taken. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { CoppiceError } from '../../src/core/errors.ts';
import type { EngineLink } from '../../src/extension/engine/link.ts';
import { ReviewComments } from '../../src/extension/review/comments.ts';
import type { ReviewModel, Subject } from '../../src/extension/review/model.ts';
import type { CommentView } from '../../src/protocol/review.ts';

describe('a comment of the review', () => {
  const recorded: CommentView = {
    ...{ id: 'c1', path: 'a.txt', start: 1, end: 1, quote: 'one', text: 'Why one?' },
    ...{ by: 'user:me', at: '2026-11-26T09:00:00Z', state: 'open' },
  };
  const asked: (readonly [string, unknown])[] = [];
  let refusal: CoppiceError | undefined;
  let folder: string;
  let own: vscode.CommentController;
  let comments: ReviewComments;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coppice-comments-'));
    await writeFile(join(folder, 'a.txt'), 'one\ntwo\n');
    const subject = {
      detail: { id: 's1' },
      worktree: folder,
      changes: { files: [] },
      review: { comments: [recorded] },
    };
    const model = {
      subject: subject as unknown as Subject,
      session: 's1',
      onChange: () => ({ dispose: () => undefined }),
      refresh: () => Promise.resolve(),
    };
    const request = (method: string, params: unknown): Promise<unknown> => {
      asked.push([method, params]);
      return refusal === undefined ? Promise.resolve({}) : Promise.reject(refusal);
    };
    const link = { request } as unknown as Pick<EngineLink, 'request'>;
    comments = new ReviewComments(link, model as unknown as ReviewModel);
    own = vscode.comments.createCommentController('hostTests.comments', 'Tests');
  });
  beforeEach(() => {
    asked.length = 0;
    refusal = undefined;
  });
  after(async () => {
    comments.dispose();
    own.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const newThread = (): vscode.CommentThread =>
    own.createCommentThread(vscode.Uri.file(join(folder, 'a.txt')), new vscode.Range(0, 0, 0, 0), []);
  const only = ({ comments: [comment] }: vscode.CommentThread): vscode.Comment => comment ?? assert.fail('no comment');

  it('stands in a box again where the engine refused it, and is submitted from there once more', async () => {
    const thread = newThread();
    refusal = new CoppiceError('engine-busy', 'The engine is busy.', 'Try again.');
    await assert.rejects(comments.add({ thread, text: 'Why two?' }), { code: 'engine-busy' });
    const box = only(thread);
    assert.deepEqual([box.mode, box.body], [vscode.CommentMode.Editing, 'Why two?']);
    refusal = undefined;
    box.body = 'Why two, then?';
    await comments.saveEdit(box);
    const [first, second] = asked.map(([, params]) => params as { id: string; text: string });
    assert.deepEqual([second?.id, second?.text], [first?.id, 'Why two, then?']);
  });

  it('is refused with a sentence where it is too long, and none of it is lost', async () => {
    const thread = newThread();
    const text = 'x'.repeat(20_001);
    await assert.rejects(comments.add({ thread, text }), { message: 'A comment has at most 20000 characters.' });
    assert.deepEqual(asked, []);
    assert.equal(only(thread).body, text);
  });

  it('stands in its box again where the engine refused to have it changed, and is as it was after a cancel', async () => {
    const thread = newThread();
    refusal = new CoppiceError('engine-busy', 'The engine is busy.', 'Try again.');
    await assert.rejects(comments.saveEdit({ view: recorded, thread, body: 'Why not two?' }), { code: 'engine-busy' });
    const box = only(thread);
    assert.deepEqual([box.mode, box.body], [vscode.CommentMode.Editing, 'Why not two?']);
    comments.edit(box, false);
    const { mode, body } = only(thread);
    assert.equal(mode, vscode.CommentMode.Preview);
    assert.ok(body instanceof vscode.MarkdownString && body.value.includes('Why'), 'the text that is on record');
  });
});
