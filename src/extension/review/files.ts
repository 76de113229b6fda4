/** Files of a session at one of its states, as read-only documents that the engine answers for. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { EngineLink } from '../engine/link.ts';
import type { Disposable } from '../lifecycle/disposables.ts';
import { parseFileQuery, type FileAt } from './file-at.ts';

/** Scheme of such documents. What they show is told by their query; their path is for people and for the language of the text. */
export const fileScheme = 'coppice-file';

/** Most that is shown of one file, bytes. */
const mostBytes = 16 * 1024 * 1024;

/**
 * The document of a file at a state. With the worktree it has the path that the file has there, so that editors see the same
 * file at two times and not one that moved.
 */
export function fileUri({ session, side, path }: FileAt, worktree?: string): vscode.Uri {
  const query = JSON.stringify({ side, path });
  const shown = path.toWellFormed();
  const whole = worktree === undefined ? `/${shown}` : vscode.Uri.file(join(worktree, shown)).path;
  return vscode.Uri.from({ scheme: fileScheme, authority: session, path: whole, query });
}

/** The file that a document shows; undefined for documents of others. */
export function fileAt(uri: vscode.Uri): FileAt | undefined {
  return uri.scheme === fileScheme ? parseFileQuery(uri.authority, uri.query) : undefined;
}

/** Serves the documents. A file that is not there at a state is an empty document: that is what a diff against it shows. */
export function serveFiles(link: Pick<EngineLink, 'request'>): Disposable {
  const changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const provider = vscode.workspace.registerFileSystemProvider(fileScheme, new SessionFiles(link, changes.event), {
    isReadonly: true,
    isCaseSensitive: true,
  });
  return vscode.Disposable.from(provider, changes);
}

class SessionFiles implements vscode.FileSystemProvider {
  readonly onDidChangeFile: vscode.Event<vscode.FileChangeEvent[]>;
  readonly #link: Pick<EngineLink, 'request'>;

  constructor(link: Pick<EngineLink, 'request'>, changes: vscode.Event<vscode.FileChangeEvent[]>) {
    this.#link = link;
    this.onDidChangeFile = changes;
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const bytes = await this.readFile(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: bytes.length };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const at = fileAt(uri);
    if (at === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    const file = await this.#link.request('diff/file', { ...at, maxBytes: mostBytes });
    if (file.state === 'missing') return new Uint8Array();
    if (file.state === 'too-large') throw vscode.FileSystemError.Unavailable(uri);
    return Buffer.from(file.content, file.encoding === 'text' ? 'utf8' : 'base64');
  }

  /** Nothing is watched: a state does not change. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.FileNotADirectory(uri);
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
}
