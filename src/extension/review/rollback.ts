/** A rollback that a person is looking at: which of its changes are taken, before anything is done. */
import type { RestorePreview, RestoreResult } from '../../protocol/diff-schemas.ts';
import type { EngineLink } from '../engine/link.ts';
import type { Disposable } from '../lifecycle/disposables.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { Log } from '../log/logger.ts';
import { chosen, chooseFile, chooseHunk, wholly, type FileChoice } from './choice.ts';
import type { OpenRollback } from './rows.ts';

/** Files of which single changes can be chosen; in a larger rollback files go as a whole. */
const mostWithHunks = 200;
/** Comparisons asked for at once. */
const atOnce = 8;
/** Restoring thousands of files takes its time. */
const applyMs = 10 * 60_000;

/** The rollback that is open in this window, if one is. */
export interface Rollbacks {
  readonly open: Rollback | undefined;
  readonly onChange: Event<Rollback | undefined>;
  /** Asks what a rollback would change and opens the choice. Nothing is done to any file. */
  begin(session: string, to: number): Promise<Rollback>;
  choose(path: string, hunk: number | undefined, take: boolean): void;
  /** Ends the choice without doing anything. */
  cancel(): void;
  /**
   * Does what was chosen; undefined when nothing was. `pause` interrupts an agent that is at work, `conversation` takes the
   * conversation back, too.
   */
  apply(how: { readonly pause: boolean; readonly conversation: boolean }): Promise<RestoreResult | undefined>;
}

/** An open choice. */
export interface Rollback extends OpenRollback {
  readonly to: number;
  readonly preview: RestorePreview;
}

/** Makes the holder of the choice. */
export function rollbacks(link: Pick<EngineLink, 'request'>, log: Log): Rollbacks & Disposable {
  return new Holder(link, log);
}

class Holder implements Rollbacks, Disposable {
  readonly #link: Pick<EngineLink, 'request'>;
  readonly #changes: Emitter<Rollback | undefined>;
  #open: Rollback | undefined;

  constructor(link: Pick<EngineLink, 'request'>, log: Log) {
    this.#link = link;
    this.#changes = new Emitter((error) => log.error('A listener of the rollback failed.', error));
  }

  get open(): Rollback | undefined {
    return this.#open;
  }

  get onChange(): Event<Rollback | undefined> {
    return this.#changes.event;
  }

  async begin(session: string, to: number): Promise<Rollback> {
    const preview = await this.#link.request('restore/preview', { session, to });
    const choices: FileChoice[] = [];
    const single = preview.files.length <= mostWithHunks;
    for (let at = 0; at < preview.files.length; at += atOnce) {
      const part = preview.files.slice(at, at + atOnce);
      choices.push(
        ...(await Promise.all(
          part.map(async (file) => (single ? this.#withHunks(session, to, file) : wholly(file, { hunks: [] }))),
        )),
      );
    }
    const rollback = { session, to, preview, choices };
    this.#become(rollback);
    return rollback;
  }

  choose(path: string, hunk: number | undefined, take: boolean): void {
    const open = this.#open;
    if (open === undefined) return;
    const choices = open.choices.map((each) => {
      if (each.file.path !== path) return each;
      return hunk === undefined ? chooseFile(each, take) : chooseHunk(each, hunk, take);
    });
    this.#become({ ...open, choices });
  }

  cancel(): void {
    this.#become(undefined);
  }

  async apply({ pause, conversation }: Parameters<Rollbacks['apply']>[0]): Promise<RestoreResult | undefined> {
    const open = this.#open;
    const what = open && chosen(open.choices);
    if (open === undefined || what === undefined) return undefined;
    const { session, to, preview } = open;
    const request = { session, to, ...what, expect: preview.now, pause, conversation };
    const result = await this.#link.request('restore/apply', request, { timeoutMs: applyMs });
    if (this.#open?.session === session) this.#become(undefined);
    return result;
  }

  dispose(): void {
    this.#changes.dispose();
  }

  async #withHunks(session: string, to: number, file: FileChoice['file']): Promise<FileChoice> {
    if (file.status !== 'modified' || file.binary) return wholly(file, { hunks: [] });
    return wholly(file, await this.#link.request('diff/hunks', { session, from: 'worktree', to, path: file.path }));
  }

  #become(rollback: Rollback | undefined): void {
    this.#open = rollback;
    this.#changes.fire(rollback);
  }
}
