import { registerCommands } from './commands/index.ts';
import type { Contribution } from './contribution.ts';
import { registerPanels } from './panel/panels.ts';
import { sessionDecorations } from './sessions/decorations.ts';
import { sessionsView } from './sessions/view.ts';
import { stateKeys } from './context-keys/state-keys.ts';

/** The features of the window, in the order in which they are registered. */
export const contributions: readonly Contribution[] = [
  registerCommands,
  stateKeys,
  sessionsView,
  sessionDecorations,
  registerPanels,
];
