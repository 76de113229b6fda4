/** The session panels of a window: one for each session, brought back with the window. */
import * as vscode from 'vscode';
import type { Contribution } from '../contribution.ts';
import { Disposables, together, type Disposable } from '../lifecycle/disposables.ts';
import type { PanelServices } from './services.ts';
import type { SessionPanel } from './session-panel.ts';

const viewType = 'coppice.session';

/** What a panel is made of is read when the first one is shown. */
async function panelClass(): Promise<typeof SessionPanel> {
  return (await import('./session-panel.ts')).SessionPanel;
}

/** Opens sessions. */
export interface SessionPanels {
  /** Shows a session; a panel that is open comes to the front. `decide`: the focus goes to what has to be decided. */
  open(session: string, options?: { readonly decide?: boolean }): Promise<void>;
}

/** Keeps the panels that are open. */
export class OpenPanels implements SessionPanels, Disposable {
  readonly #services: PanelServices;
  readonly #panels = new Map<string, { readonly panel: SessionPanel; readonly owner: Disposables }>();

  constructor(services: PanelServices) {
    this.#services = services;
  }

  async open(session: string, { decide = false }: { readonly decide?: boolean } = {}): Promise<void> {
    const Panel = await panelClass();
    const open = this.#panels.get(session);
    if (open === undefined) {
      const view = vscode.window.createWebviewPanel(viewType, 'Coppice', vscode.ViewColumn.Active, {
        enableScripts: true,
        retainContextWhenHidden: false,
      });
      this.#adopt(Panel, session, view);
    } else open.panel.view.reveal();
    if (decide) await this.#panels.get(session)?.panel.focus('decision');
  }

  /** Makes a webview, e.g. one that VS Code brought back, the panel of a session. */
  async adopt(session: string, view: vscode.WebviewPanel): Promise<void> {
    this.#adopt(await panelClass(), session, view);
  }

  dispose(): void {
    // The webviews stay: VS Code brings them back with the next window.
    for (const { owner } of [...this.#panels.values()]) owner.dispose();
    this.#panels.clear();
  }

  #adopt(Panel: typeof SessionPanel, session: string, view: vscode.WebviewPanel): void {
    this.#panels.get(session)?.panel.view.dispose();
    const owner = new Disposables();
    const { attention } = this.#services;
    attention.see(session, view.visible);
    owner.add(view.onDidChangeViewState(() => attention.see(session, view.visible)));
    owner.add({ dispose: () => attention.see(session, false) });
    const panel = owner.add(new Panel(this.#services, session, view));
    this.#panels.set(session, { panel, owner });
    owner.add(
      view.onDidDispose(() => {
        if (this.#panels.get(session)?.panel === panel) this.#panels.delete(session);
        owner.dispose();
      }),
    );
  }
}

/** Brings panels back after a reload and answers for the old sides of their diffs. */
export const registerPanels: Contribution = {
  name: 'Session panel',
  register: ({ panels }) =>
    together(
      vscode.window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: async (view, state: unknown) => {
          const { savedPanelSchema } = await import('../../protocol/webview/session-panel-schemas.ts');
          const saved = savedPanelSchema.safeParse(state);
          if (saved.success) await panels.adopt(saved.data.session, view);
          else view.dispose(); // nothing is known of what it showed
        },
      }),
    ),
};
