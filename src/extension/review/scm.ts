/** The changes of sessions in the Source Control view, and the gutter against their base or a chosen checkpoint. */
import { relative, sep } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { FileDiffView, Side } from '../../protocol/diff-schemas.ts';
import type { Records } from '../../protocol/client/reconnecting.ts';
import type { SessionView } from '../../protocol/schemas.ts';
import type { EngineLink } from '../engine/link.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import type { Log } from '../log/logger.ts';
import { isAtWork } from '../sessions/status-look.ts';
import type { WindowSessions } from '../sessions/window.ts';
import { documents, type Compared } from './diffs.ts';
import { drawnFiles } from './drawn.ts';
import { fileUri } from './files.ts';
import { statusWord } from './labels.ts';
import type { ReviewModel } from './model.ts';

/** Groups that the view has room for. */
const mostGroups = 8;
/** Files of one group. */
const mostFiles = 500;
const drawMs = 300;
/** Time between two groups that are filled: VS Code works for a while at hundreds of files, and does several groups in one go. */
const fillMs = 500;

interface Shown {
  readonly group: vscode.SourceControlResourceGroup;
  session: SessionView;
  /** What was drawn last (`drawnFiles`); undefined before the first time. */
  drawn: string | undefined;
}

type Asked = Pick<EngineLink, 'request' | 'onRecords'>;

/** One provider with a group per session that is at work or under review. */
export class SessionChanges implements Disposable {
  readonly #link: Asked;
  readonly #sessions: WindowSessions;
  readonly #model: ReviewModel;
  readonly #log: Log;
  readonly #owner = new Disposables();
  readonly #soon: Coalesced;
  readonly #next: Coalesced;
  /** Sessions whose files may be others than drawn, the first to be looked at first. */
  readonly #dirty = new Set<string>();
  readonly #groups = new Map<string, Shown>();
  readonly #baselines = new Map<string, Side>();
  #control: vscode.SourceControl | undefined;
  #filling = false;

  constructor(link: Asked, sessions: WindowSessions, model: ReviewModel, log: Log) {
    this.#link = link;
    this.#sessions = sessions;
    this.#model = model;
    this.#log = log;
    this.#soon = this.#owner.add(new Coalesced(() => this.#draw(), drawMs));
    this.#next = this.#owner.add(new Coalesced(() => this.#fillNext(), fillMs));
    this.#owner.add(sessions.onChange(() => this.#soon.ask()));
    this.#owner.add(link.onRecords((records) => this.#hear(records)));
    this.#owner.add(
      model.onChange((subject) => {
        if (subject !== undefined) this.#dirty.add(subject.detail.id);
        this.#soon.ask();
      }),
    );
    this.#soon.ask();
  }

  /** The gutter of a session's files shows what changed since this state. */
  setBaseline(session: string, side: Side): void {
    this.#baselines.set(session, side);
    // A provider is asked again when it is set again.
    if (this.#control !== undefined) this.#control.quickDiffProvider = this.#quickDiff();
  }

  dispose(): void {
    this.#owner.dispose();
    this.#control?.dispose();
    this.#groups.clear();
  }

  #wanted(): SessionView[] {
    const all = [...this.#sessions.entries.values()].map(({ session }) => session);
    const shown = all.filter((each) => each.worktree !== null && (isAtWork(each) || each.id === this.#model.session));
    return shown.sort((a, b) => b.createdAt.localeCompare(a.createdAt)).slice(0, mostGroups);
  }

  #draw(): void {
    const wanted = this.#wanted();
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, { group }] of this.#groups) {
      if (ids.has(id)) continue;
      group.dispose();
      this.#groups.delete(id);
    }
    if (wanted.length === 0) {
      this.#control?.dispose();
      this.#control = undefined;
      return;
    }
    const control = (this.#control ??= this.#open());
    for (const session of wanted) this.#show(control, session);
    for (const id of this.#dirty) if (!ids.has(id)) this.#dirty.delete(id);
    if (this.#dirty.size > 0) this.#next.ask();
    control.count = 0;
  }

  /** The group of a session, whose files come later. */
  #show(control: vscode.SourceControl, session: SessionView): void {
    const label = labelOf(session);
    let shown = this.#groups.get(session.id);
    if (shown === undefined) {
      const group = control.createResourceGroup(session.id, label);
      group.hideWhenEmpty = true;
      shown = { group, session, drawn: undefined };
      this.#groups.set(session.id, shown);
    }
    shown.session = session;
    if (shown.group.label !== label) shown.group.label = label;
    if (shown.drawn === undefined) this.#dirty.add(session.id);
  }

  #hear(records: Records): void {
    for (const { type, data } of records) {
      const { session } = data;
      if (type.startsWith('landing.')) for (const id of this.#groups.keys()) this.#dirty.add(id);
      else if (typeof session === 'string' && this.#groups.has(session)) this.#dirty.add(session);
    }
    if (this.#dirty.size > 0) this.#next.ask();
  }

  /** One group at a time, and the next one after a pause, so that a storm in many worktrees takes turns. */
  #fillNext(): void {
    const [id] = this.#dirty;
    const shown = id === undefined ? undefined : this.#groups.get(id);
    if (id === undefined || this.#filling) return;
    this.#dirty.delete(id);
    this.#filling = true;
    (shown === undefined ? Promise.resolve() : this.#fill(shown))
      .catch((error: unknown) => this.#log.debug('The changes of a session could not be read.', error))
      .finally(() => {
        this.#filling = false;
        if (this.#dirty.size > 0) this.#next.ask();
      });
  }

  #open(): vscode.SourceControl {
    const control = vscode.scm.createSourceControl('coppice', l10n.t('Coppice'));
    control.inputBox.visible = false;
    control.quickDiffProvider = this.#quickDiff();
    return control;
  }

  async #fill(shown: Shown): Promise<void> {
    const { id, worktree } = shown.session;
    if (worktree === null) return;
    const { subject } = this.#model;
    const known = subject?.detail.id === id ? subject.changes : undefined;
    const changes = known ?? (await this.#link.request('diff/summary', { session: id, limit: mostFiles }));
    const compared: Compared = { session: id, worktree, from: 'base', to: 'worktree', title: labelOf(shown.session) };
    const files = changes.files.slice(0, mostFiles);
    const drawn = drawnFiles(compared, files);
    if (shown.drawn === drawn || this.#groups.get(id) !== shown) return;
    shown.drawn = drawn;
    shown.group.resourceStates = files.map((file) => state(compared, file));
  }

  #quickDiff(): vscode.QuickDiffProvider {
    return {
      provideOriginalResource: (uri) => {
        if (uri.scheme !== 'file') return undefined;
        for (const { session } of this.#groups.values()) {
          const path = session.worktree === null ? '..' : relative(session.worktree, uri.fsPath).split(sep).join('/');
          if (path === '' || path === '..' || path.startsWith('../')) continue;
          const side = this.#baselines.get(session.id) ?? 'base';
          return fileUri({ session: session.id, side, path }, session.worktree ?? undefined);
        }
        return undefined;
      },
    };
  }
}

function labelOf({ title }: SessionView): string {
  return l10n.t('{0} · changes since the base', oneLine(title, 60));
}

function state(compared: Compared, file: FileDiffView): vscode.SourceControlResourceState {
  const { before, after } = documents(compared, file);
  const gone = file.after === undefined;
  return {
    resourceUri: after,
    command: {
      command: 'vscode.diff',
      title: l10n.t('Open Diff'),
      arguments: [before, after, `${file.path.toWellFormed()} (${compared.title})`],
    },
    decorations: { strikeThrough: gone, tooltip: statusWord(file), faded: false },
    contextValue: file.status,
  };
}
