/**
 * The settings that the editor offers under the same name with `coppice.` before it: those that a single session may have of its
 * own. What holds for the whole engine stands in its own file, which all front ends share.
 */
export const travellingKeys = [
  'agent.default',
  'executor.default',
  'agents.claude-code.command',
  'agents.claude-code.args',
  'agents.claude-code.model',
  'agents.claude-code.permissionMode',
  'agents.claude-code.maxRetries',
  'agents.claude-code.env',
  'session.timeBoxSeconds',
  'session.startTimeoutSeconds',
  'session.autoCommit.autonomous',
  'session.autoCommit.dispatch',
  'session.autoCommit.interactive',
  'session.autoCommit.planning',
  'session.autoCommit.orchestration',
  'worktrees.setup',
  'worktrees.teardown',
  'worktrees.scriptTimeoutSeconds',
  'worktrees.copyIgnored',
  'history.commit',
] as const;

export type TravellingKey = (typeof travellingKeys)[number];
