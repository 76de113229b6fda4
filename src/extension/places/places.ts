/** The repositories of this window, and whether they are trusted. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CoppiceError, isCoppiceError, systemCode } from '../../core/errors.ts';
import type { EngineLink } from '../engine/link.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { Log } from '../log/logger.ts';
import type { KeyValues } from '../context-keys/context-keys.ts';
import { chooseFrom } from '../quick/choose.ts';

/** A repository that a folder of the window is in. */
export interface Place {
  /** Its main checkout. */
  readonly root: string;
  /** The folder of the window. */
  readonly folder: string;
  /** Undefined until the engine was asked. */
  readonly trust: { readonly trusted: boolean; readonly host: boolean } | undefined;
}

/** What the window has open. */
export interface Places {
  readonly kind: KeyValues['coppice.place'];
  readonly list: readonly Place[];
  /** Whether the window may do more than look. */
  readonly mayAct: boolean;
  readonly onChange: Event<void>;
  /** Looks again. */
  refresh(): Promise<void>;
  /** The main checkout to act in: the only one, that of the active editor, or the one that the user picks. */
  choose(title: string): Promise<string>;
}

/** Watches the folders of the window. Nothing is looked at before `refresh` is called, or an engine is there to be asked. */
export function windowPlaces(link: EngineLink, log: Log): Places & Disposable {
  return new WindowPlaces(link, log);
}

class WindowPlaces implements Places, Disposable {
  readonly #link: EngineLink;
  readonly #log: Log;
  readonly #owner = new Disposables();
  readonly #changes: Emitter<void>;
  #list: readonly Place[] = [];
  #looked = false;
  #round = 0;

  constructor(link: EngineLink, log: Log) {
    this.#link = link;
    this.#log = log;
    this.#changes = this.#owner.add(
      new Emitter<void>((error) => log.error('A listener of the repositories failed.', error)),
    );
    const again = (): void => {
      this.refresh().catch((error: unknown) => log.error('The repositories could not be looked at.', error));
    };
    this.#owner.add(vscode.workspace.onDidChangeWorkspaceFolders(again));
    this.#owner.add(vscode.workspace.onDidGrantWorkspaceTrust(again));
    this.#owner.add(
      link.onState(({ status }) => {
        if (status === 'connected') again();
      }),
    );
    this.#owner.add(
      link.onRecords((records) => {
        if (records.some(({ type }) => type.startsWith('repository.'))) again();
      }),
    );
  }

  get kind(): KeyValues['coppice.place'] {
    if (folders().length === 0) return 'noFolder';
    if (!this.#looked) return 'unknown';
    return this.#list.length === 0 ? 'noGit' : 'ready';
  }

  get list(): readonly Place[] {
    return this.#list;
  }

  get mayAct(): boolean {
    return vscode.workspace.isTrusted && this.#list.length > 0;
  }

  get onChange(): Event<void> {
    return this.#changes.event;
  }

  async refresh(): Promise<void> {
    const round = ++this.#round;
    const found = await Promise.all(folders().map((folder) => this.#look(folder)));
    if (round !== this.#round || this.#owner.disposed) return;
    this.#looked = true;
    this.#list = found.filter((place) => place !== undefined);
    this.#changes.fire();
  }

  async choose(title: string): Promise<string> {
    if (this.#list.length === 0) await this.refresh();
    const roots = [...new Set(this.#list.map(({ root }) => root))];
    const [only, ...others] = roots;
    if (only === undefined) throw nowhere();
    if (others.length === 0) return only;
    const items = roots.map((root) => ({ label: `$(repo) ${basename(root)}`, description: dirname(root), root }));
    return (await chooseFrom(items, { title, placeHolder: l10n.t('Choose a repository') })).root;
  }

  dispose(): void {
    this.#owner.dispose();
  }

  async #look(folder: string): Promise<Place | undefined> {
    const root = await checkoutOf(folder);
    if (root === undefined) return undefined;
    if (this.#link.state.status !== 'connected') return { root, folder, trust: undefined };
    try {
      const { root: main, trusted, host } = await this.#link.request('trust/state', { path: folder });
      return { root: main, folder, trust: { trusted, host } };
    } catch (error) {
      if (isCoppiceError(error, 'not-a-repository')) return undefined;
      this.#log.debug(`The trust of ${folder} is not known.`, error);
      return { root, folder, trust: undefined };
    }
  }
}

function folders(): readonly string[] {
  const open = vscode.workspace.workspaceFolders ?? [];
  return open.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
}

/** The nearest folder upwards that has a `.git`. */
async function checkoutOf(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    if (await isThere(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return false;
    throw error;
  }
}

function nowhere(): CoppiceError {
  return new CoppiceError(
    'not-a-repository',
    l10n.t('No folder of this window is in a git repository.'),
    l10n.t('Open one, or make this folder one with “Git: Initialize Repository”.'),
  );
}
