/** The changes of sessions in the Source Control view, and the gutter against their base or a chosen checkpoint. */
import { relative, sep } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { FileDiffView, Side } from '../../protocol/diff-schemas.ts';
import type { SessionView } from '../../protocol/schemas.ts';
import type { EngineLink } from '../engine/link.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import type { Log } from '../log/logger.ts';
import { isAtWork } from '../sessions/status-look.ts';
import type { WindowSessions } from '../sessions/window.ts';
import { documents, type Compared } from './diffs.ts';
import { fileUri } from './files.ts';
import { statusWord } from './labels.ts';
import type { ReviewModel } from './model.ts';

/** Groups that the view has room for. */
const mostGroups = 8;
/** Files of one group. */
const mostFiles = 500;
const drawMs = 300;

interface Shown {
  readonly group: vscode.SourceControlResourceGroup;
  readonly session: SessionView;
  /** What was drawn last: the trees that were compared. */
  drawn: string;
}

/** One provider with a group per session that is at work or under review. */
export class SessionChanges implements Disposable {
  readonly #link: Pick<EngineLink, 'request'>;
  readonly #sessions: WindowSessions;
  readonly #model: ReviewModel;
  readonly #log: Log;
  readonly #owner = new Disposables();
  readonly #soon: Coalesced;
  readonly #groups = new Map<string, Shown>();
  readonly #baselines = new Map<string, Side>();
  #control: vscode.SourceControl | undefined;

  constructor(link: Pick<EngineLink, 'request'>, sessions: WindowSessions, model: ReviewModel, log: Log) {
    this.#link = link;
    this.#sessions = sessions;
    this.#model = model;
    this.#log = log;
    this.#soon = this.#owner.add(new Coalesced(() => this.#draw(), drawMs));
    this.#owner.add(sessions.onChange(() => this.#soon.ask()));
    this.#owner.add(model.onChange(() => this.#soon.ask()));
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
    this.#control ??= this.#open();
    for (const session of wanted) {
      this.#fill(session).catch((error: unknown) =>
        this.#log.debug('The changes of a session could not be read.', error),
      );
    }
    this.#control.count = 0;
  }

  #open(): vscode.SourceControl {
    const control = vscode.scm.createSourceControl('coppice', l10n.t('Coppice'));
    control.inputBox.visible = false;
    control.quickDiffProvider = this.#quickDiff();
    return control;
  }

  async #fill(session: SessionView): Promise<void> {
    const control = this.#control;
    if (control === undefined || session.worktree === null) return;
    const label = l10n.t('{0} · changes since the base', oneLine(session.title, 60));
    let shown = this.#groups.get(session.id);
    if (shown === undefined) {
      const group = control.createResourceGroup(session.id, label);
      group.hideWhenEmpty = true;
      shown = { group, session, drawn: '' };
      this.#groups.set(session.id, shown);
    }
    shown.group.label = label;
    const { subject } = this.#model;
    const known = subject?.detail.id === session.id ? subject.changes : undefined;
    const changes = known ?? (await this.#link.request('diff/summary', { session: session.id, limit: mostFiles }));
    const drawn = `${changes.from.tree} ${changes.to.tree}`;
    if (shown.drawn === drawn || this.#groups.get(session.id) !== shown) return;
    shown.drawn = drawn;
    const { id, worktree } = session;
    const compared: Compared = { session: id, worktree, from: 'base', to: 'worktree', title: label };
    shown.group.resourceStates = changes.files.slice(0, mostFiles).map((file) => state(compared, file));
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
