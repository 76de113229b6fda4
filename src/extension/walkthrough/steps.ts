import * as vscode from 'vscode';
import type { Contribution } from '../contribution.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables } from '../lifecycle/disposables.ts';

/** VS Code reads the walkthroughs of extensions some time after it has opened the page on which they are, and says nothing of it. */
const readMs = 4_000;

/**
 * Lets steps of the walkthrough tick themselves for what was done before it was opened. VS Code ticks a step only when its key
 * comes to hold after the walkthrough was read; one that holds already never does. So the steps also ask for a key that is set
 * a while after a page of VS Code's own, such as the walkthrough, was opened.
 */
export const walkthroughSteps: Contribution = {
  name: 'Steps of the walkthrough',
  register({ places, keys, log }) {
    const owner = new Disposables();
    const tell = async (): Promise<void> => {
      if (places.kind === 'unknown') await places.refresh();
      keys.set('coppice.walkthroughOpen', true);
    };
    const soon = owner.add(
      new Coalesced(() => {
        tell().catch((error: unknown) => log.error('The walkthrough could not be told.', error));
      }, readMs),
    );
    const look = (tabs: readonly vscode.Tab[]): void => {
      if (!tabs.some(({ input }) => input === undefined)) return;
      keys.set('coppice.walkthroughOpen', false);
      soon.ask();
    };
    owner.add(vscode.window.tabGroups.onDidChangeTabs(({ opened }) => look(opened)));
    look(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs));
    return owner;
  },
};
