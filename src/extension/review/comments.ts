/** Comments on the lines of a session's changes, in VS Code's own comment threads. */
import { randomUUID } from 'node:crypto';
import { join, relative, sep } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CoppiceError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { CommentView } from '../../protocol/review.ts';
import type { EngineLink } from '../engine/link.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { appendWords } from '../messages/words.ts';
import type { ReviewModel, Subject } from './model.ts';

const textLimit = 20_000;
const quoteLimit = 20_000;

/** A comment of the review, in a thread of its own. */
interface ReviewComment extends vscode.Comment {
  readonly view: CommentView;
  readonly thread: vscode.CommentThread;
}

/** Shows a comment in its thread; a text that is `written` stands in a box. VS Code takes it for another one than was there. */
function show(view: CommentView, thread: vscode.CommentThread, written?: string): void {
  const words = {
    open: l10n.t('Not sent'),
    sent: l10n.t('Sent to the agent'),
    answered: l10n.t('The agent has answered'),
    resolved: l10n.t('Resolved'),
  };
  const comment: ReviewComment = {
    view,
    thread,
    author: { name: view.by.replace(/^user:/u, '') },
    timestamp: new Date(view.at),
    label: words[view.state],
    contextValue: view.state,
    mode: vscode.CommentMode[written === undefined ? 'Preview' : 'Editing'],
    body: written ?? appendWords(new vscode.MarkdownString(), printable(view.text)), // text, not markup
  };
  thread.comments = [comment];
  thread.canReply = false;
}

/** Whether it is what `show` made. */
function isOurs(given: unknown): given is ReviewComment {
  return typeof given === 'object' && given !== null && 'view' in given;
}

/** Has a text taken, or shows it in a box again: VS Code closes the one in which it was submitted, whatever becomes of it. */
async function submit(
  view: CommentView,
  thread: vscode.CommentThread,
  text: string,
  take: () => Promise<unknown>,
): Promise<void> {
  try {
    if (text.length > textLimit) {
      const message = l10n.t('A comment has at most {0} characters.', textLimit);
      throw new CoppiceError('bad-usage', message, l10n.t('Shorten it.'));
    }
    await take();
  } catch (error) {
    show(view, thread, text);
    throw error;
  }
}

/** Threads of the session under review, kept in step with the record. */
export class ReviewComments implements Disposable {
  readonly #link: Pick<EngineLink, 'request'>;
  readonly #model: ReviewModel;
  readonly #owner = new Disposables();
  readonly #controller: vscode.CommentController;
  readonly #threads = new Map<string, { thread: vscode.CommentThread; drawn: string }>();
  /** The files that can be commented on, as VS Code was told last. */
  #offered: string | undefined;

  constructor(link: Pick<EngineLink, 'request'>, model: ReviewModel) {
    this.#link = link;
    this.#model = model;
    this.#controller = this.#owner.add(
      vscode.comments.createCommentController('coppice.review', l10n.t('Coppice Review')),
    );
    this.#controller.options = {
      prompt: l10n.t('Comment for the agent'),
      placeHolder: l10n.t('Say what should be different. It is sent when you send the review.'),
    };
    this.#owner.add(model.onChange((subject) => this.#draw(subject)));
    this.#draw(model.subject);
  }

  /** The reply box of a new thread was submitted, or the box that came of it. */
  async add({ thread, text }: vscode.CommentReply, id: string = randomUUID()): Promise<void> {
    const { subject } = this.#model;
    const path = this.#pathOf(thread.uri);
    if (subject === undefined || path === undefined || text.trim() === '') return;
    const { start, end } = thread.range ?? new vscode.Range(0, 0, 0, 0);
    const document = await vscode.workspace.openTextDocument(thread.uri);
    const last = document.lineAt(Math.min(end.line, document.lineCount - 1));
    const quote = document.getText(new vscode.Range(start.line, 0, last.lineNumber, last.range.end.character));
    const anchor = { path, start: start.line + 1, end: last.lineNumber + 1, quote: quote.slice(0, quoteLimit) };
    const session = subject.detail.id;
    const view = { ...anchor, id, text, by: '', at: new Date().toISOString(), state: 'open' as const };
    await submit(view, thread, text, () => this.#link.request('review/comment', { session, id, anchor, text }));
    // The record draws it again, as a thread of its own.
    thread.dispose();
    await this.#model.refresh();
  }

  /** Resolves a thread, or opens it again. */
  async resolve(given: unknown, resolved: boolean): Promise<void> {
    await this.#ask(given, (session, comment) => this.#link.request('review/resolve', { session, comment, resolved }));
  }

  async remove(given: unknown): Promise<void> {
    await this.#ask(given, (session, comment) => this.#link.request('review/delete', { session, comment }));
  }

  /** Turns a comment into a text box, or back; one that was not taken yet goes. */
  edit(given: unknown, begins: boolean): void {
    const comment = this.#commentOf(given);
    if (comment === undefined) return;
    const { view, thread } = comment;
    if (this.#threads.has(view.id)) show(view, thread, begins ? view.text : undefined);
    else thread.dispose();
  }

  async saveEdit(given: unknown): Promise<void> {
    const edited = this.#commentOf(given);
    if (edited === undefined) return;
    const { view, thread, body } = edited;
    const text = typeof body === 'string' ? body : body.value;
    if (!this.#threads.has(view.id)) return this.add({ thread, text }, view.id);
    show({ ...view, text }, thread);
    await submit(view, thread, text, () =>
      this.#ask(edited, (session, comment) => this.#link.request('review/edit', { session, comment, text })),
    );
  }

  /** Shows the thread of a comment. */
  async reveal({ path, start, id }: CommentView): Promise<void> {
    const worktree = this.#model.subject?.worktree;
    if (worktree === undefined) return;
    const editor = await vscode.window.showTextDocument(vscode.Uri.file(join(worktree, path)), { preview: true });
    const line = Math.min(start, editor.document.lineCount) - 1;
    editor.revealRange(new vscode.Range(line, 0, line, 0), vscode.TextEditorRevealType.InCenter);
    const drawn = this.#threads.get(id);
    if (drawn !== undefined) drawn.thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
  }

  dispose(): void {
    this.#owner.dispose(); // the controller's threads go with it
  }

  /**
   * Says on which files comments can be made. VS Code asks when an editor opens, which may be before it is known what a session
   * changed, and again only when it is given another provider.
   */
  #offer(subject: Subject | undefined): void {
    const changed = new Set(subject?.changes?.files.map(({ path }) => path));
    const offered = JSON.stringify([subject?.worktree, ...changed]);
    if (offered === this.#offered) return;
    this.#offered = offered;
    this.#controller.commentingRangeProvider = {
      provideCommentingRanges: ({ uri, lineCount }) => {
        const path = this.#pathOf(uri);
        return path !== undefined && changed.has(path) ? [new vscode.Range(0, 0, Math.max(0, lineCount - 1), 0)] : [];
      },
    };
  }

  #draw(subject: Subject | undefined): void {
    this.#offer(subject);
    const comments = subject?.worktree === undefined ? [] : subject.review.comments;
    const there = new Set(comments.map(({ id }) => id));
    for (const [id, { thread }] of this.#threads) {
      if (there.has(id)) continue;
      thread.dispose();
      this.#threads.delete(id);
    }
    for (const comment of comments) this.#drawOne(subject?.worktree ?? '', comment);
  }

  #drawOne(worktree: string, comment: CommentView): void {
    const drawn = JSON.stringify([worktree, comment]);
    const known = this.#threads.get(comment.id);
    if (known?.drawn === drawn) return;
    if (known === undefined && !comment.path.isWellFormed()) return;
    const range = new vscode.Range(comment.start - 1, 0, comment.end - 1, 0);
    const uri = vscode.Uri.file(join(worktree, comment.path));
    const thread = known?.thread ?? this.#controller.createCommentThread(uri, range, []);
    const resolved = comment.state === 'resolved';
    show(comment, thread);
    thread.contextValue = comment.state;
    thread.label = l10n.t('Comment for the agent');
    thread.state = vscode.CommentThreadState[resolved ? 'Resolved' : 'Unresolved'];
    if (known === undefined)
      thread.collapsibleState = vscode.CommentThreadCollapsibleState[resolved ? 'Collapsed' : 'Expanded'];
    this.#threads.set(comment.id, { thread, drawn });
  }

  /** Path in the worktree under review; undefined for documents elsewhere. */
  #pathOf(uri: vscode.Uri): string | undefined {
    const worktree = this.#model.subject?.worktree;
    if (worktree === undefined || uri.scheme !== 'file') return undefined;
    const path = relative(worktree, uri.fsPath).split(sep).join('/');
    return path === '' || path === '..' || path.startsWith('../') ? undefined : path;
  }

  #commentOf(given: unknown): ReviewComment | undefined {
    if (isOurs(given)) return given;
    return [...this.#threads.values()].flatMap(({ thread }) => (thread === given ? thread.comments : [])).find(isOurs);
  }

  async #ask(given: unknown, ask: (session: string, comment: string) => Promise<unknown>): Promise<void> {
    const comment = this.#commentOf(given);
    const session = this.#model.session;
    if (comment === undefined || session === undefined) return;
    await ask(session, comment.view.id);
    await this.#model.refresh();
  }
}
