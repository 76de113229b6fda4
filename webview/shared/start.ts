/** How a page of ours begins: texts, the panel's state, and what breaks is told to the extension. */
import './theme.css';
import { mount, type Component } from 'svelte';
import type { VsCodeApi } from './client.ts';
import { useTexts } from './l10n.ts';

declare function acquireVsCodeApi(): VsCodeApi;

/** What every panel's state can do. */
interface Startable {
  readonly client: { tell(name: 'broke', params: { readonly what: string }): void };
  run(work: () => Promise<unknown>): void;
  begin(): Promise<void>;
}

/** Draws `App` with the state that `make` gives, once for the page. */
export function startPanel<P extends Startable>(App: Component<{ panel: P }>, make: (api: VsCodeApi) => P): void {
  const target = document.getElementById('app');
  if (target === null) return;
  useTexts(target.dataset['texts']);
  const panel = make(acquireVsCodeApi());
  for (const kind of ['error', 'unhandledrejection'] as const) {
    window.addEventListener(kind, (event) => {
      const what: unknown =
        event instanceof PromiseRejectionEvent ? event.reason : event instanceof ErrorEvent && event.message;
      panel.client.tell('broke', { what: String(what).slice(0, 2000) });
    });
  }
  mount(App, { target, props: { panel } });
  panel.run(() => panel.begin());
}
