/** The session panels of a window: one for each session, brought back with the window. */
import type { Contribution } from '../contribution.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import type { Attention } from '../notifications/attention.ts';
import { bringBack, OneEach } from './one-each.ts';
import type { PanelServices } from './services.ts';
import type { SessionPanel } from './session-panel.ts';

const viewType = 'coppice.session';

/** Opens sessions. */
export interface SessionPanels {
  /** Shows a session; a panel that is open comes to the front. `decide`: the focus goes to what has to be decided. */
  open(session: string, options?: { readonly decide?: boolean }): Promise<void>;
}

/** Keeps the panels that are open, and tells which sessions are in view. */
export class OpenPanels implements SessionPanels, Disposable {
  readonly #panels: OneEach<SeenPanel>;

  constructor(services: PanelServices) {
    this.#panels = new OneEach(viewType, async () => {
      const { SessionPanel: Made } = await import('./session-panel.ts');
      return (session, view) => new SeenPanel(new Made(services, session, view), services.attention);
    });
  }

  async open(session: string, { decide = false }: { readonly decide?: boolean } = {}): Promise<void> {
    const { panel } = await this.#panels.open(session);
    if (decide) await panel.focus('decision');
  }

  /** Makes a webview, e.g. one that VS Code brought back, the panel of a session. */
  async adopt(session: string, view: SessionPanel['view']): Promise<void> {
    await this.#panels.adopt(session, view);
  }

  dispose(): void {
    this.#panels.dispose();
  }
}

/** A session panel of which it is told whether it is in view. */
class SeenPanel implements Disposable {
  readonly panel: SessionPanel;
  readonly #owner = new Disposables();

  constructor(panel: SessionPanel, attention: Attention) {
    this.panel = panel;
    const { view, session } = panel;
    attention.see(session, view.visible);
    this.#owner.add({ dispose: () => attention.see(session, false) });
    this.#owner.add(view.onDidChangeViewState(() => attention.see(session, view.visible)));
    this.#owner.add(panel);
  }

  get view(): SessionPanel['view'] {
    return this.panel.view;
  }

  dispose(): void {
    this.#owner.dispose();
  }
}

/** Brings panels back after a reload and answers for the old sides of their diffs. */
export const registerPanels: Contribution = {
  name: 'Session panel',
  register: ({ panels }) => bringBack(viewType, (session, view) => panels.adopt(session, view)),
};
