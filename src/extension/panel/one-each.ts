import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';

/** A panel in a webview. */
export interface Panel extends Disposable {
  readonly view: vscode.WebviewPanel;
}

/** Makes the panel of a session in a webview. */
export type MakePanel<P extends Panel> = (session: string, view: vscode.WebviewPanel) => P;

/** Panels of one type: one for each session. What they are made of is read when the first one is shown. */
export class OneEach<P extends Panel> implements Disposable {
  readonly #viewType: string;
  readonly #load: () => Promise<MakePanel<P>>;
  readonly #panels = new Map<string, { readonly panel: P; readonly owner: Disposables }>();

  constructor(viewType: string, load: () => Promise<MakePanel<P>>) {
    this.#viewType = viewType;
    this.#load = load;
  }

  /** The panel of a session, in front. */
  async open(session: string): Promise<P> {
    const make = await this.#load();
    const open = this.#panels.get(session);
    if (open !== undefined) {
      open.panel.view.reveal();
      return open.panel;
    }
    const view = vscode.window.createWebviewPanel(this.#viewType, 'Coppice', vscode.ViewColumn.Active, {
      enableScripts: true,
      retainContextWhenHidden: false,
    });
    return this.#adopt(make, session, view);
  }

  /** Makes a webview, e.g. one that VS Code brought back, the panel of a session. */
  async adopt(session: string, view: vscode.WebviewPanel): Promise<void> {
    this.#adopt(await this.#load(), session, view);
  }

  dispose(): void {
    // The webviews stay: VS Code brings them back with the next window.
    for (const { owner } of [...this.#panels.values()]) owner.dispose();
    this.#panels.clear();
  }

  #adopt(make: MakePanel<P>, session: string, view: vscode.WebviewPanel): P {
    this.#panels.get(session)?.panel.view.dispose();
    const owner = new Disposables();
    const panel = owner.add(make(session, view));
    this.#panels.set(session, { panel, owner });
    owner.add(
      view.onDidDispose(() => {
        if (this.#panels.get(session)?.panel === panel) this.#panels.delete(session);
        owner.dispose();
      }),
    );
    return panel;
  }
}

/** Brings panels of a type back after a reload of the window, as far as is known what they showed. */
export function bringBack(
  viewType: string,
  adopt: (session: string, view: vscode.WebviewPanel) => Promise<void>,
): Disposable {
  return vscode.window.registerWebviewPanelSerializer(viewType, {
    deserializeWebviewPanel: async (view, state: unknown) => {
      const { savedPanelSchema } = await import('../../protocol/webview/session-panel-schemas.ts');
      const saved = savedPanelSchema.safeParse(state);
      if (saved.success) await adopt(saved.data.session, view);
      else view.dispose();
    },
  });
}
