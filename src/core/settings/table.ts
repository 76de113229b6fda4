/**
 * Every setting of Coppice, in the order in which it is shown. This table is the only place where one is named: the type
 * `Settings`, the reading of files and variables, `coppice config`, the guide and the editor's settings come from it.
 */
import type { z } from 'zod';
import { autonomyLevels } from '../supervision/decision.ts';
import * as type from './types.ts';

/**
 * Who may set it in a file: `user` = only `config.yaml` in the data directory (it holds for the whole engine, or decides
 * what runs, where, or with what rights), `repository` = only `.coppice.yaml` of a trusted repository, `both` = either.
 * Environment variables and flags come from the user and may set everything.
 */
export type Scope = 'user' | 'repository' | 'both';

/** One row of the table: everything that is to be known about a setting but its meaning in words (`descriptions.ts`). */
export interface Setting {
  readonly type: z.ZodType;
  /** What holds when nobody sets it. Absent in families (`<id>`), where every member is optional. */
  readonly default?: unknown;
  readonly scope: Scope;
}

/** `<id>` in a key stands for the id of an agent: such a row describes a family of settings. */
export const table = {
  // S1-27
  'limits.running': whole(1, 1000, 3, 'user'),
  // S2-45
  'limits.reserved': whole(0, 999, 0, 'user'),
  // S1-29
  'limits.waiting': whole(0, 10_000, 10, 'user'),
  'limits.labels': {
    // S2-44, Q-18
    type: type.labelLimits,
    default: {},
    scope: 'user',
  },
  'limits.minFreeMemoryMegabytes': whole(0, 1_048_576, 256, 'user'),
  // the agents of npm take 130 to 400 MB
  'limits.sessionMemoryMegabytes': whole(1, 1_048_576, 300, 'user'),
  'worktrees.root': {
    type: type.path,
    default: '{home}/worktrees',
    scope: 'user',
  },
  'worktrees.setup': {
    type: type.commands,
    default: [],
    scope: 'both',
  },
  'worktrees.teardown': {
    type: type.commands,
    default: [],
    scope: 'both',
  },
  'worktrees.scriptTimeoutSeconds': whole(1, 86_400, 600, 'both'),
  'worktrees.sparse': {
    type: type.directories,
    default: [],
    scope: 'repository',
  },
  'worktrees.pool': whole(0, 20, 1, 'user'),
  'worktrees.poolMegabytes': whole(1, 1_048_576, 4096, 'user'),
  'worktrees.copyIgnored': {
    type: type.yesNo,
    default: true,
    scope: 'both',
  },
  // S0-30; the clock stands still while a person is asked
  'session.timeBoxSeconds': whole(1, 604_800, 1800, 'both'),
  //
  'session.restarts': whole(0, 10, 3, 'user'),
  // several times the slowest first output that was measured (16.5 s, opencode on its first run)
  'session.startTimeoutSeconds': whole(1, 86_400, 60, 'both'),
  // on where nobody sits at the keyboard, off where somebody does
  'session.autoCommit.autonomous': yesNo(true),
  'session.autoCommit.dispatch': yesNo(false),
  'session.autoCommit.interactive': yesNo(false),
  'session.autoCommit.planning': yesNo(true),
  'session.autoCommit.orchestration': yesNo(true),
  // what an autonomous session has done is safe, and seen, when its host is not there any more
  'session.autoPush.autonomous': yesNo(true),
  'session.autoPush.dispatch': yesNo(false),
  'session.autoPush.interactive': yesNo(false),
  'session.autoPush.planning': yesNo(false),
  'session.autoPush.orchestration': yesNo(false),
  'landing.gates': {
    type: type.programs,
    default: [],
    scope: 'both',
  },
  'landing.gateTimeoutSeconds': whole(1, 86_400, 1800, 'both'),
  'supervision.level': {
    // X-11; a repository may not make its sessions more autonomous than its user wants
    type: type.oneOf(autonomyLevels),
    default: 'supervised',
    scope: 'user',
  },
  'supervision.gates': {
    type: type.programs,
    default: [],
    scope: 'both',
  },
  'supervision.gateTimeoutSeconds': whole(1, 86_400, 1800, 'both'),
  // C-68
  'supervision.attempts': whole(1, 20, 3, 'both'),
  'supervision.maxPrompts': whole(1, 1000, 10, 'user'),
  'supervision.model': {
    type: type.plainLine,
    default: 'auto',
    scope: 'user',
  },
  'supervision.endpoint': {
    type: type.address,
    default: 'http://127.0.0.1:11434',
    scope: 'user',
  },
  'supervision.contextTokens': whole(2048, 1_048_576, 16_384, 'user'),
  'supervision.timeoutSeconds': whole(1, 3600, 120, 'user'),
  'approval.ask': {
    // C-29
    type: type.toolConditions,
    default: [],
    scope: 'repository',
  },
  'approval.forbid': {
    type: type.toolConditions,
    default: [],
    scope: 'repository',
  },
  'approval.landing': {
    type: type.oneOf(['any', 'verified', 'accepted']),
    default: 'any',
    scope: 'repository',
  },
  //
  'approval.costAutomaticCents': whole(0, 100_000_000, 50, 'both'),
  'approval.costForbiddenCents': whole(0, 100_000_000, 5000, 'both'),
  'budget.billing': {
    //
    type: type.oneOf(['subscription', 'metered']),
    default: 'subscription',
    scope: 'user',
  },
  'budget.tokens': amount(1_000_000_000),
  'budget.workMinutes': amount(100_000),
  'budget.costCents': amount(100_000_000),
  'budget.stageTokens': amount(1_000_000_000_000),
  'budget.stageCostCents': amount(100_000_000),
  'budget.planTokens': amount(1_000_000_000_000),
  'budget.planCostCents': amount(100_000_000),
  'budget.dayTokens': amount(1_000_000_000_000),
  'budget.dayCostCents': amount(100_000_000),
  'budget.projectTokens': amount(1_000_000_000_000),
  'budget.projectCostCents': amount(100_000_000),
  'session.minFreeMegabytes': whole(1, 1_048_576, 512, 'user'),
  'session.maxStreamMegabytes': whole(1, 1_048_576, 2048, 'user'),
  'monitor.hosts': {
    type: type.hosts,
    default: ['localhost', '127.0.0.1', '::1', 'github.com'],
    scope: 'user',
  },
  'monitor.silenceSeconds': whole(1, 86_400, 300, 'user'),
  // Claude Code ends a running shell command within 5 to 10 s of SIGTERM
  'stop.graceSeconds': whole(0, 600, 10, 'user'),
  'agent.default': {
    type: type.agentId,
    default: 'claude-code',
    scope: 'user',
  },
  'executor.default': {
    type: type.executorId,
    default: 'local',
    scope: 'user',
  },
  'agents.<id>.command': {
    type: type.program,
    scope: 'user',
  },
  'agents.<id>.args': {
    type: type.words,
    scope: 'user',
  },
  'agents.<id>.model': {
    type: type.plainLine,
    scope: 'both',
  },
  'agents.<id>.strongerModel': {
    type: type.plainLine,
    scope: 'both',
  },
  'agents.<id>.permissionMode': {
    type: type.plainLine,
    scope: 'user',
  },
  'agents.<id>.maxRetries': {
    type: type.whole(0, 100),
    scope: 'both',
  },
  'agents.<id>.env': {
    type: type.variables,
    scope: 'user',
  },
  'agents.custom.<id>': {
    type: type.customAgent,
    scope: 'user',
  },
  'executors.docker.image': {
    type: type.image,
    default: 'my-claude:authenticated',
    scope: 'user',
  },
  'executors.docker.memoryMegabytes': whole(64, 1_048_576, 4096, 'user'),
  'executors.docker.cpus': whole(1, 1024, 2, 'user'),
  //
  'executors.docker.planningMemoryMegabytes': whole(64, 1_048_576, 2048, 'user'),
  'executors.docker.planningCpus': whole(1, 1024, 1, 'user'),
  'executors.docker.processes': whole(16, 1_000_000, 512, 'user'),
  'executors.docker.network': {
    type: type.containerNetwork,
    default: 'open',
    scope: 'user',
  },
  'executors.docker.endpoints': {
    type: type.endpoints,
    default: ['api.anthropic.com:443'],
    scope: 'user',
  },
  'executors.docker.socket': {
    type: type.daemonSocket,
    default: 'auto',
    scope: 'user',
  },
  'executors.docker.ssh': {
    type: type.yesNo,
    default: false,
    scope: 'user',
  },
  'executors.tmux.socket': {
    type: type.socketName,
    default: 'coppice',
    scope: 'user',
  },
  'checkpoints.keep': whole(1, 10_000, 20, 'user'),
  'checkpoints.keepDays': whole(1, 3650, 30, 'user'),
  'history.commit': {
    type: type.yesNo,
    default: false,
    scope: 'both',
  },
  'engine.idleSeconds': whole(1, 604_800, 300, 'user'),
} as const satisfies Readonly<Record<string, Setting>>;

function yesNo<const T extends boolean>(value: T) {
  return {
    type: type.yesNo,
    default: value,
    scope: 'both',
  } as const;
}

/** A whole number from `min` to `max`, `usual` unless it is set. */
function whole<const S extends Scope>(min: number, max: number, usual: number, scope: S) {
  return {
    type: type.whole(min, max),
    default: usual,
    scope,
  } as const;
}

/** What the user may use of something before a person is asked; 0: any amount. */
function amount(most: number) {
  return whole(0, most, 0, 'user');
}

export type SettingKey = keyof typeof table;

export const settingKeys = Object.keys(table) as readonly SettingKey[];

/** The row of a key, in the shape that all rows have in common. */
export function settingOf(key: SettingKey): Setting {
  return table[key];
}
