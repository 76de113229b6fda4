import '../shared/theme.css';
import { mount } from 'svelte';
import type { VsCodeApi } from '../shared/client.ts';
import { useTexts } from '../shared/l10n.ts';
import App from './App.svelte';
import { Panel } from './panel.svelte.ts';

declare function acquireVsCodeApi(): VsCodeApi;

const target = document.getElementById('app');
if (target !== null) {
  useTexts(target.dataset['texts']);
  const panel = new Panel(acquireVsCodeApi());
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
