/** Comments on the lines of a session's changes, in VS Code's own comment threads. */
import { randomUUID } from 'node:crypto';
import { join, relative, sep } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { printable } from '../../core/printable.ts';
import type { CommentView } from '../../protocol/review.ts';
import type { EngineLink } from '../engine/link.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import type { Log } from '../log/logger.ts';
import { appendWords } from '../messages/words.ts';
import type { ReviewModel, Subject } from './model.ts';

const textLimit = 20_000;
const quoteLimit = 20_000;

/** A comment of the review in a thread of its own. */
class ReviewComment implements vscode.Comment {
  readonly id: string;
  readonly author: vscode.CommentAuthorInformation;
  readonly contextValue: string;
  readonly timestamp: Date;
  readonly label: string;
  /** As it is on record. */
  readonly text: string;
  body: string | vscode.MarkdownString;
  mode = vscode.CommentMode.Preview;

  constructor({ id, by, at, text, state }: CommentView) {
    const words = {
      open: l10n.t('Not sent'),
      sent: l10n.t('Sent to the agent'),
      answered: l10n.t('The agent has answered'),
      resolved: l10n.t('Resolved'),
    };
    this.id = id;
    this.author = { name: by.replace(/^user:/u, '') };
    this.timestamp = new Date(at);
    this.label = words[state];
    this.contextValue = state;
    this.text = text;
    this.body = plain(text);
  }
}

/** What a person wrote is text, not markup. */
function plain(text: string): vscode.MarkdownString {
  return appendWords(new vscode.MarkdownString(), printable(text));
}

/** Threads of the session under review, kept in step with the record. */
export class ReviewComments implements Disposable {
  readonly #link: Pick<EngineLink, 'request'>;
  readonly #model: ReviewModel;
  readonly #log: Log;
  readonly #owner = new Disposables();
  readonly #controller: vscode.CommentController;
  readonly #threads = new Map<string, { thread: vscode.CommentThread; drawn: string }>();
  /** The files that can be commented on, as VS Code was told last. */
  #offered: string | undefined;

  constructor(link: Pick<EngineLink, 'request'>, model: ReviewModel, log: Log) {
    this.#link = link;
    this.#model = model;
    this.#log = log;
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

  /** The reply box of a new thread was submitted. */
  async add({ thread, text }: { readonly thread: vscode.CommentThread; readonly text: string }): Promise<void> {
    const { subject } = this.#model;
    const path = this.#pathOf(thread.uri);
    if (subject === undefined || path === undefined || text.trim() === '') return;
    const { start, end } = thread.range ?? new vscode.Range(0, 0, 0, 0);
    const document = await vscode.workspace.openTextDocument(thread.uri);
    const last = document.lineAt(Math.min(end.line, document.lineCount - 1));
    const quote = document.getText(new vscode.Range(start.line, 0, last.lineNumber, last.range.end.character));
    const anchor = { path, start: start.line + 1, end: last.lineNumber + 1, quote: quote.slice(0, quoteLimit) };
    const session = subject.detail.id;
    await this.#link.request('review/comment', { session, id: randomUUID(), anchor, text: text.slice(0, textLimit) });
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

  /** Turns a comment into a text box. */
  edit(given: unknown): void {
    const comment = this.#commentOf(given);
    if (comment === undefined) return;
    comment.body = comment.text;
    this.#mode(comment, vscode.CommentMode.Editing);
  }

  cancelEdit(given: unknown): void {
    const comment = this.#commentOf(given);
    if (comment === undefined) return;
    comment.body = plain(comment.text);
    this.#mode(comment, vscode.CommentMode.Preview);
  }

  async saveEdit(given: unknown): Promise<void> {
    const edited = this.#commentOf(given);
    if (edited === undefined) return;
    const text = typeof edited.body === 'string' ? edited.body : edited.body.value;
    this.#mode(edited, vscode.CommentMode.Preview);
    await this.#ask(given, (session, comment) => this.#link.request('review/edit', { session, comment, text }));
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
    for (const { thread } of this.#threads.values()) thread.dispose();
    this.#threads.clear();
    this.#owner.dispose();
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
    thread.comments = [new ReviewComment(comment)];
    thread.canReply = false;
    thread.contextValue = comment.state;
    thread.label = l10n.t('Comment for the agent');
    thread.state = resolved ? vscode.CommentThreadState.Resolved : vscode.CommentThreadState.Unresolved;
    if (known === undefined) {
      thread.collapsibleState = resolved
        ? vscode.CommentThreadCollapsibleState.Collapsed
        : vscode.CommentThreadCollapsibleState.Expanded;
    }
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
    if (given instanceof ReviewComment) return given;
    const thread = [...this.#threads.values()].find((each) => each.thread === given)?.thread;
    const [comment] = thread?.comments ?? [];
    return comment instanceof ReviewComment ? comment : undefined;
  }

  async #ask(given: unknown, ask: (session: string, comment: string) => Promise<unknown>): Promise<void> {
    const comment = this.#commentOf(given);
    const session = this.#model.session;
    if (comment === undefined || session === undefined) {
      this.#log.debug('A comment command was run without a comment.');
      return;
    }
    await ask(session, comment.id);
    await this.#model.refresh();
  }

  #mode(comment: ReviewComment, mode: vscode.CommentMode): void {
    comment.mode = mode;
    const found = [...this.#threads.values()].find(({ thread }) => thread.comments.includes(comment));
    if (found !== undefined) found.thread.comments = [...found.thread.comments];
  }
}
