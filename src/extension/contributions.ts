import { registerCommands } from './commands/index.ts';
import { stateKeys } from './context-keys/state-keys.ts';
import type { Contribution } from './contribution.ts';
import { engineTrouble } from './engine/trouble.ts';
import { evidenceDocuments } from './needs-you/evidence-document.ts';
import { gateTests } from './gates/explorer.ts';
import { mcpServers } from './mcp/server.ts';
import { linkHandler } from './links/uri-handler.ts';
import { needsYouView } from './needs-you/view.ts';
import { agentKey } from './new-session/agents.ts';
import { notifications } from './notifications/notifications.ts';
import { registerPanels } from './panel/panels.ts';
import { sessionDecorations } from './sessions/decorations.ts';
import { breakpointsView } from './breakpoints/view.ts';
import { reviewView } from './review/view.ts';
import { sessionsView } from './sessions/view.ts';
import { settingsCheck } from './settings/engine-settings.ts';
import { statusBar } from './status-bar/status-bar.ts';
import { registerSupervisors } from './supervisor/panels.ts';
import { terminalProfile } from './terminal/profile.ts';
import { walkthroughSteps } from './walkthrough/steps.ts';

/** The features of the window, in the order in which they are registered. */
export const contributions: readonly Contribution[] = [
  registerCommands,
  stateKeys,
  needsYouView,
  sessionsView,
  reviewView,
  breakpointsView,
  sessionDecorations,
  registerPanels,
  registerSupervisors,
  evidenceDocuments,
  statusBar,
  notifications,
  engineTrouble,
  agentKey,
  settingsCheck,
  linkHandler,
  walkthroughSteps,
  terminalProfile,
  gateTests,
  mcpServers,
];
