/** Inputs of tools that people change before they are used: both sides of a diff editor, held in memory. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CoppiceError } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import type { EngineLink } from '../engine/link.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import type { Need } from '../sessions/entry.ts';
import { needLabel } from './evidence.ts';
import { fileOf, fileProposal, textProposal, type Input, type Proposal } from './proposal.ts';

/** In package.json the button of an editor asks for it. */
const scheme = 'coppice-input';
const mostBytes = 4 * 1024 * 1024;

interface Open {
  readonly need: Need;
  readonly proposal: Proposal;
}

interface Text {
  bytes: Uint8Array;
  mtime: number;
  readonly fixed: boolean;
  /** It was answered with: forgotten once VS Code lets its document go. */
  used?: true;
}

/** The inputs that are being changed in this window. */
export class ToolInputs implements Disposable {
  readonly #link: Pick<EngineLink, 'request'>;
  readonly #open = new Map<string, Open>();
  readonly #texts = new Map<string, Text>();
  readonly #owner = new Disposables();

  constructor(link: Pick<EngineLink, 'request'>) {
    this.#link = link;
    this.#owner.add(vscode.workspace.registerFileSystemProvider(scheme, this.#files(), { isCaseSensitive: true }));
    this.#owner.add(
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (this.#texts.get(uri.toString())?.used === true) this.#texts.delete(uri.toString());
      }),
    );
  }

  /** Opens the input in a diff editor: of a file, against the file as it is. */
  async edit(need: Need): Promise<void> {
    const { session, breakpoint } = need;
    const proposal = await this.#proposal(need, breakpoint.input ?? {});
    const uri = (side: string): vscode.Uri =>
      vscode.Uri.from({ scheme, path: `/${session.id}/${breakpoint.id}/${side}/${proposal.name}` });
    const [left, right] = [uri('before'), uri('after')];
    this.#put(left, proposal.before, true);
    // One that was begun is gone on with.
    if (!this.#texts.has(right.toString())) this.#put(right, proposal.after, false);
    this.#open.set(right.toString(), { need, proposal });
    await vscode.commands.executeCommand(
      'vscode.diff',
      left,
      right,
      l10n.t('Input: {0}', oneLine(needLabel(breakpoint), 80)),
      { preview: false },
    );
  }

  /** The decision and the input of an editor, the one in front when none is named. */
  chosen(given: unknown): { readonly need: Need; readonly input: Input; readonly close: () => Promise<void> } {
    const uri = given instanceof vscode.Uri ? given : vscode.window.activeTextEditor?.document.uri;
    const key = String(uri);
    const open = this.#open.get(key);
    const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === key);
    if (open === undefined || document === undefined) {
      throw new CoppiceError(
        'not-found',
        l10n.t('No input is being edited here.'),
        l10n.t('Choose “Edit the Tool Input…” at the decision.'),
      );
    }
    const input = open.proposal.inputOf(document.getText());
    return { need: open.need, input, close: () => this.#close(key, document) };
  }

  dispose(): void {
    this.#owner.dispose();
  }

  async #close(key: string, document: vscode.TextDocument): Promise<void> {
    // What is saved closes without a question.
    await document.save();
    this.#open.delete(key);
    // A save that VS Code has begun by itself may come still: it finds its file as long as the document is there.
    const text = this.#texts.get(key);
    if (text !== undefined) text.used = true;
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const isOurs = ({ input }: vscode.Tab): boolean =>
      input instanceof vscode.TabInputTextDiff && input.modified.toString() === key;
    await vscode.window.tabGroups.close(tabs.filter(isOurs));
  }

  async #proposal({ session }: Need, input: Input): Promise<Proposal> {
    const path = session.worktree === null ? undefined : fileOf(input, session.worktree);
    if (path !== undefined) {
      const file = await this.#link.request('diff/file', {
        session: session.id,
        side: 'worktree',
        path,
        maxBytes: mostBytes,
      });
      const isText = file.state === 'there' && file.encoding === 'text';
      const proposal =
        isText || file.state === 'missing' ? fileProposal(input, path, isText ? file.content : '') : undefined;
      if (proposal !== undefined) return proposal;
    }
    return textProposal(input);
  }

  #put(uri: vscode.Uri, text: string, fixed: boolean): void {
    this.#texts.set(uri.toString(), { bytes: Buffer.from(text), mtime: Date.now(), fixed });
  }

  #at(uri: vscode.Uri): Text {
    const text = this.#texts.get(uri.toString());
    if (text === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return text;
  }

  #files(): vscode.FileSystemProvider {
    const refuse = (uri: vscode.Uri): never => {
      throw vscode.FileSystemError.NoPermissions(uri);
    };
    return {
      onDidChangeFile: () => new vscode.Disposable(() => undefined),
      watch: () => new vscode.Disposable(() => undefined),
      stat: (uri) => {
        const { bytes, mtime, fixed } = this.#at(uri);
        const stat = { type: vscode.FileType.File, ctime: 0, mtime, size: bytes.length };
        return fixed ? { ...stat, permissions: vscode.FilePermission.Readonly } : stat;
      },
      readFile: (uri) => this.#at(uri).bytes,
      writeFile: (uri, bytes) => {
        const text = this.#at(uri);
        if (text.fixed) refuse(uri);
        Object.assign(text, { bytes, mtime: Date.now() });
      },
      readDirectory: refuse,
      createDirectory: refuse,
      delete: refuse,
      rename: refuse,
    };
  }
}
