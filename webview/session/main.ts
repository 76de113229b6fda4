import { startPanel } from '../shared/start.ts';
import App from './App.svelte';
import { Panel } from './panel.svelte.ts';

startPanel(App, (api) => new Panel(api));
