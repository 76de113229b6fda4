import * as vscode from 'vscode';
import type { Contribution } from '../contribution.ts';
import { Disposables } from '../lifecycle/disposables.ts';

/**
 * Lets steps of the walkthrough tick themselves for what was done before it was opened. VS Code ticks a step only when its key
 * comes to hold while the walkthrough is there; one that holds already never does. So the steps also ask for a key that is set
 * after a page of VS Code's own, such as the walkthrough, has been opened.
 */
export const walkthroughSteps: Contribution = {
  name: 'Steps of the walkthrough',
  register(app) {
    const owner = new Disposables();
    const look = (): void => {
      if (!vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ input }) => input === undefined))) return;
      stepsAreWatched(app).catch((error: unknown) => app.log.error('The walkthrough could not be told.', error));
    };
    owner.add(vscode.window.tabGroups.onDidChangeTabs(look));
    look();
    return owner;
  },
};

/** Says that the walkthrough may be open. Where nobody has looked for repositories yet, that is done first. */
export async function stepsAreWatched({ places, keys }: Parameters<Contribution['register']>[0]): Promise<void> {
  if (places.kind === 'unknown') await places.refresh();
  keys.set('coppice.walkthroughOpen', true);
}
