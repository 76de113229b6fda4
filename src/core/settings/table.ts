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
  'limits.running': {
    // S1-27
    type: type.whole(1, 1000),
    default: 3,
    scope: 'user',
  },
  'limits.waiting': {
    // S1-29
    type: type.whole(0, 10_000),
    default: 10,
    scope: 'user',
  },
  'limits.minFreeMemoryMegabytes': {
    type: type.whole(0, 1_048_576),
    default: 256,
    scope: 'user',
  },
  'limits.sessionMemoryMegabytes': {
    // the agents of npm take 130 to 400 MB
    type: type.whole(1, 1_048_576),
    default: 300,
    scope: 'user',
  },
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
  'worktrees.scriptTimeoutSeconds': {
    type: type.whole(1, 86_400),
    default: 600,
    scope: 'both',
  },
  'worktrees.sparse': {
    type: type.directories,
    default: [],
    scope: 'repository',
  },
  'worktrees.pool': {
    type: type.whole(0, 20),
    default: 1,
    scope: 'user',
  },
  'worktrees.poolMegabytes': {
    type: type.whole(1, 1_048_576),
    default: 4096,
    scope: 'user',
  },
  'worktrees.copyIgnored': {
    type: type.yesNo,
    default: true,
    scope: 'both',
  },
  'session.timeBoxSeconds': {
    // S0-30; the clock stands still while a person is asked
    type: type.whole(1, 604_800),
    default: 1800,
    scope: 'both',
  },
  'session.restarts': {
    //
    type: type.whole(0, 10),
    default: 3,
    scope: 'user',
  },
  'session.startTimeoutSeconds': {
    // several times the slowest first output that was measured (16.5 s, opencode on its first run)
    type: type.whole(1, 86_400),
    default: 60,
    scope: 'both',
  },
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
  'landing.gateTimeoutSeconds': {
    type: type.whole(1, 86_400),
    default: 1800,
    scope: 'both',
  },
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
  'supervision.gateTimeoutSeconds': {
    type: type.whole(1, 86_400),
    default: 1800,
    scope: 'both',
  },
  'supervision.attempts': {
    // C-68
    type: type.whole(1, 20),
    default: 3,
    scope: 'both',
  },
  'supervision.maxPrompts': {
    type: type.whole(1, 1000),
    default: 10,
    scope: 'user',
  },
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
  'supervision.contextTokens': {
    type: type.whole(2048, 1_048_576),
    default: 16_384,
    scope: 'user',
  },
  'supervision.timeoutSeconds': {
    type: type.whole(1, 3600),
    default: 120,
    scope: 'user',
  },
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
  'approval.costAutomaticCents': {
    //
    type: type.whole(0, 100_000_000),
    default: 50,
    scope: 'both',
  },
  'approval.costForbiddenCents': {
    type: type.whole(0, 100_000_000),
    default: 5000,
    scope: 'both',
  },
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
  'session.minFreeMegabytes': {
    type: type.whole(1, 1_048_576),
    default: 512,
    scope: 'user',
  },
  'session.maxStreamMegabytes': {
    type: type.whole(1, 1_048_576),
    default: 2048,
    scope: 'user',
  },
  'monitor.hosts': {
    type: type.hosts,
    default: ['localhost', '127.0.0.1', '::1', 'github.com'],
    scope: 'user',
  },
  'monitor.silenceSeconds': {
    type: type.whole(1, 86_400),
    default: 300,
    scope: 'user',
  },
  'stop.graceSeconds': {
    // Claude Code ends a running shell command within 5 to 10 s of SIGTERM
    type: type.whole(0, 600),
    default: 10,
    scope: 'user',
  },
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
  'executors.docker.memoryMegabytes': {
    type: type.whole(64, 1_048_576),
    default: 4096,
    scope: 'user',
  },
  'executors.docker.cpus': {
    type: type.whole(1, 1024),
    default: 2,
    scope: 'user',
  },
  'executors.docker.processes': {
    type: type.whole(16, 1_000_000),
    default: 512,
    scope: 'user',
  },
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
  'checkpoints.keep': {
    type: type.whole(1, 10_000),
    default: 20,
    scope: 'user',
  },
  'checkpoints.keepDays': {
    type: type.whole(1, 3650),
    default: 30,
    scope: 'user',
  },
  'history.commit': {
    type: type.yesNo,
    default: false,
    scope: 'both',
  },
  'engine.idleSeconds': {
    type: type.whole(1, 604_800),
    default: 300,
    scope: 'user',
  },
} as const satisfies Readonly<Record<string, Setting>>;

function yesNo<const T extends boolean>(value: T) {
  return {
    type: type.yesNo,
    default: value,
    scope: 'both',
  } as const;
}

/** What the user may use of something before a person is asked; 0: any amount. */
function amount(most: number) {
  return {
    type: type.whole(0, most),
    default: 0,
    scope: 'user',
  } as const;
}

export type SettingKey = keyof typeof table;

export const settingKeys = Object.keys(table) as readonly SettingKey[];

/** The row of a key, in the shape that all rows have in common. */
export function settingOf(key: SettingKey): Setting {
  return table[key];
}
