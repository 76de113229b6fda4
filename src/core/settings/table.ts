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

/** One row of the table: everything that is to be known about a setting. */
export interface Setting {
  readonly type: z.ZodType;
  /** What holds when nobody sets it. Absent in families (`<id>`), where every member is optional. */
  readonly default?: unknown;
  /** One or two sentences of Markdown. */
  readonly description: string;
  readonly scope: Scope;
}

/** `<id>` in a key stands for the id of an agent: such a row describes a family of settings. */
export const table = {
  'limits.running': {
    // S1-27
    type: type.whole(1, 1000),
    default: 3,
    description: 'How many sessions may be at work at once. Dispatch and interactive sessions do not count.',
    scope: 'user',
  },
  'limits.waiting': {
    // S1-29
    type: type.whole(0, 10_000),
    default: 10,
    description: 'How many sessions may wait in the queue; one more is refused with the reason.',
    scope: 'user',
  },
  'worktrees.root': {
    type: type.path,
    default: '{home}/worktrees',
    description: 'Directory below which worktrees are made. `{home}` is the data directory, `~` your home directory.',
    scope: 'user',
  },
  'worktrees.setup': {
    type: type.commands,
    default: [],
    description:
      'Commands that prepare a worktree, in order, before an agent starts in it. The first one that fails stops the session.',
    scope: 'both',
  },
  'worktrees.teardown': {
    type: type.commands,
    default: [],
    description: 'Commands that run in a worktree, in order, before it is removed.',
    scope: 'both',
  },
  'worktrees.scriptTimeoutSeconds': {
    type: type.whole(1, 86_400),
    default: 600,
    description: 'Seconds that each set-up or tear-down command may take.',
    scope: 'both',
  },
  'worktrees.sparse': {
    type: type.directories,
    default: [],
    description: 'Directories to check out (git sparse checkout, cone mode). Empty: everything.',
    scope: 'repository',
  },
  'worktrees.pool': {
    type: type.whole(0, 20),
    default: 1,
    description:
      'How many worktrees of each repository in use are checked out in advance, so that a session starts at once. 0 turns it off.',
    scope: 'user',
  },
  'worktrees.poolMegabytes': {
    type: type.whole(1, 1_048_576),
    default: 4096,
    description:
      'Size of all worktrees of a repository that are checked out in advance, in megabytes (1,048,576 bytes), above which fewer are.',
    scope: 'user',
  },
  'worktrees.copyIgnored': {
    type: type.yesNo,
    default: true,
    description:
      'Copies the ignored files that `.worktreeinclude` names from the main checkout to a worktree that is made.',
    scope: 'both',
  },
  'session.timeBoxSeconds': {
    // S0-30; the clock stands still while a person is asked
    type: type.whole(1, 604_800),
    default: 1800,
    description: 'Seconds of work after which an autonomous session is stopped; waiting for a person does not count.',
    scope: 'both',
  },
  'session.restarts': {
    //
    type: type.whole(0, 10),
    default: 3,
    description:
      'How often in a row an agent that works unattended is started again after something outside has ended it in the midst of a turn, ' +
      'mostly because memory ran out. Then a person is asked. 0: the session fails at once, as it does in containers.',
    scope: 'user',
  },
  'session.startTimeoutSeconds': {
    // several times the slowest first output that was measured (16.5 s, opencode on its first run)
    type: type.whole(1, 86_400),
    default: 60,
    description: 'Seconds after which an agent that has printed nothing at all counts as failed.',
    scope: 'both',
  },
  // on where nobody sits at the keyboard, off where somebody does
  'session.autoCommit.autonomous': autoCommit('an autonomous', true),
  'session.autoCommit.dispatch': autoCommit('a dispatch', false),
  'session.autoCommit.interactive': autoCommit('an interactive', false),
  'session.autoCommit.planning': autoCommit('a planning', true),
  'session.autoCommit.orchestration': autoCommit('an orchestration', true),
  // what an autonomous session has done is safe, and seen, when its host is not there any more
  'session.autoPush.autonomous': autoPush('an autonomous', true),
  'session.autoPush.dispatch': autoPush('a dispatch', false),
  'session.autoPush.interactive': autoPush('an interactive', false),
  'session.autoPush.planning': autoPush('a planning', false),
  'session.autoPush.orchestration': autoPush('an orchestration', false),
  'landing.gates': {
    type: type.programs,
    default: [],
    description:
      'Commands that judge the merged result before work lands, in order, each a list of a program and its arguments. They run in a ' +
      'temporary worktree of that result; the first one that does not exit with 0 refuses the landing.',
    scope: 'both',
  },
  'landing.gateTimeoutSeconds': {
    type: type.whole(1, 86_400),
    default: 1800,
    description: 'Seconds that each gate may take.',
    scope: 'both',
  },
  'supervision.level': {
    // X-11; a repository may not make its sessions more autonomous than its user wants
    type: type.oneOf(autonomyLevels),
    default: 'supervised',
    description:
      'How much happens without a person. `guided` asks at each tool that asks and after each turn, `collaborative` after each turn, ' +
      '`supervised` where a check fails for good or nobody can be sure, and so does `autonomous`: it rolls a turn back that a gate refused, ' +
      'and lets tools through in which nothing dangerous was seen. Dangers, limits and breakpoints are yours at every level.',
    scope: 'user',
  },
  'supervision.gates': {
    type: type.programs,
    default: [],
    description:
      "Commands that judge each turn of an autonomous session, in order, each a list of a program and its arguments. They run in the session's " +
      'worktree; the first one that does not exit with 0 sends the agent back to work.',
    scope: 'both',
  },
  'supervision.gateTimeoutSeconds': {
    type: type.whole(1, 86_400),
    default: 1800,
    description: 'Seconds that each of these commands may take.',
    scope: 'both',
  },
  'supervision.attempts': {
    // C-68
    type: type.whole(1, 20),
    default: 3,
    description: 'Failures with the same error after which a person is asked.',
    scope: 'both',
  },
  'supervision.maxPrompts': {
    type: type.whole(1, 1000),
    default: 10,
    description: 'Prompts that the supervisor may send in a row before a person is asked, whatever failed.',
    scope: 'user',
  },
  'supervision.model': {
    type: type.plainLine,
    default: 'auto',
    description:
      'The model that reviews what the gates let through, as its server calls it. `auto` takes the best one that is installed where gates are ' +
      'set; `none` asks no model.',
    scope: 'user',
  },
  'supervision.endpoint': {
    type: type.address,
    default: 'http://127.0.0.1:11434',
    description: 'Where the server of that model (Ollama) listens.',
    scope: 'user',
  },
  'supervision.contextTokens': {
    type: type.whole(2048, 1_048_576),
    default: 16_384,
    description: 'Tokens that question and answer may have together; the same for every call.',
    scope: 'user',
  },
  'supervision.timeoutSeconds': {
    type: type.whole(1, 3600),
    default: 120,
    description: 'Seconds that a review may take, the loading of the model included.',
    scope: 'user',
  },
  'approval.ask': {
    // C-29
    type: type.toolConditions,
    default: [],
    description:
      'Uses of tools about which a person is asked whatever was allowed before, as conditions: `command npm publish*`, `path infra/**`, ' +
      '`before tool WebFetch`, `danger`. An agent that does not ask for permission is interrupted right after such a use.',
    scope: 'repository',
  },
  'approval.forbid': {
    type: type.toolConditions,
    default: [],
    description:
      'Uses of tools that are refused, whoever would allow them; conditions as in `approval.ask`. What a program does inside is not seen: a ' +
      'boundary is a container, not this list.',
    scope: 'repository',
  },
  'approval.landing': {
    type: type.oneOf(['any', 'verified', 'accepted']),
    default: 'any',
    description:
      'What work has to be before it may land: `verified` (all gates passed on exactly these files) or `accepted` by a person; `any` asks for ' +
      'neither.',
    scope: 'repository',
  },
  'approval.costAutomaticCents': {
    //
    type: type.whole(0, 100_000_000),
    default: 50,
    description:
      'US cents that a session may cost before a person is asked, and by which one approval raises that; only where billing is `metered`. ' +
      '0: `budget.costCents` alone decides.',
    scope: 'both',
  },
  'approval.costForbiddenCents': {
    type: type.whole(0, 100_000_000),
    default: 5000,
    description:
      'US cents beyond which no session goes on, whoever approves it; only where billing is `metered`. 0: any amount.',
    scope: 'both',
  },
  'budget.billing': {
    //
    type: type.oneOf(['subscription', 'metered']),
    default: 'subscription',
    description: 'With `subscription`, cost is never shown and never decides.',
    scope: 'user',
  },
  'budget.tokens': {
    type: type.whole(0, 1_000_000_000),
    default: 0,
    description: 'Tokens (in and out) that a session may use before a person is asked. 0: any number.',
    scope: 'user',
  },
  'budget.workMinutes': {
    type: type.whole(0, 100_000),
    default: 0,
    description: 'Minutes that the turns of a session may work, all together, before a person is asked. 0: any number.',
    scope: 'user',
  },
  'budget.costCents': {
    type: type.whole(0, 100_000_000),
    default: 0,
    description:
      'US cents that a session may cost before a person is asked; only where billing is `metered`. 0: any amount.',
    scope: 'user',
  },
  'budget.planTokens': {
    type: type.whole(0, 1_000_000_000_000),
    default: 0,
    description:
      'Tokens that a session and all sessions that it started may use together before a person is asked. 0: any number.',
    scope: 'user',
  },
  'budget.planCostCents': {
    type: type.whole(0, 100_000_000),
    default: 0,
    description: 'US cents that they may cost together; only where billing is `metered`. 0: any amount.',
    scope: 'user',
  },
  'budget.projectTokens': {
    type: type.whole(0, 1_000_000_000_000),
    default: 0,
    description: 'Tokens that all sessions of a repository may use together before a person is asked. 0: any number.',
    scope: 'user',
  },
  'budget.projectCostCents': {
    type: type.whole(0, 100_000_000),
    default: 0,
    description: 'US cents that they may cost together; only where billing is `metered`. 0: any amount.',
    scope: 'user',
  },
  'session.minFreeMegabytes': {
    type: type.whole(1, 1_048_576),
    default: 512,
    description: 'Free space of the data directory, in megabytes (1,048,576 bytes), below which sessions are paused.',
    scope: 'user',
  },
  'session.maxStreamMegabytes': {
    type: type.whole(1, 1_048_576),
    default: 2048,
    description: "Size of a session's output, in megabytes (1,048,576 bytes), above which it is paused.",
    scope: 'user',
  },
  'monitor.hosts': {
    type: type.hosts,
    default: ['localhost', '127.0.0.1', '::1', 'github.com'],
    description:
      'Hosts that agents may speak to without a warning; a name also stands for those below it. It decides what is told, not what is possible.',
    scope: 'user',
  },
  'monitor.silenceSeconds': {
    type: type.whole(1, 86_400),
    default: 300,
    description: 'Seconds after which an agent at work that has printed nothing is told of.',
    scope: 'user',
  },
  'stop.graceSeconds': {
    // Claude Code ends a running shell command within 5 to 10 s of SIGTERM
    type: type.whole(0, 600),
    default: 10,
    description:
      'Seconds that an agent gets to end by itself at each step of a stop: interrupt, then SIGTERM, then SIGKILL.',
    scope: 'user',
  },
  'agent.default': {
    type: type.agentId,
    default: 'claude-code',
    description: 'The agent of a session that names none.',
    scope: 'user',
  },
  'agents.<id>.command': {
    type: type.program,
    description: "The agent's program.",
    scope: 'user',
  },
  'agents.<id>.args': {
    type: type.words,
    description: "Arguments that are added to the agent's command line.",
    scope: 'user',
  },
  'agents.<id>.model': {
    type: type.plainLine,
    description: 'The model that the agent is asked to use, in its own words; passed through unchanged.',
    scope: 'both',
  },
  'agents.<id>.permissionMode': {
    type: type.plainLine,
    description: 'How the agent asks for permission, in its own words.',
    scope: 'user',
  },
  'agents.<id>.maxRetries': {
    type: type.whole(0, 100),
    description: "How often the agent repeats a request that its model's service did not answer.",
    scope: 'both',
  },
  'agents.<id>.env': {
    type: type.variables,
    description: "Names of further variables of your shell's environment that the agent may see.",
    scope: 'user',
  },
  'agents.custom.<id>': {
    type: type.customAgent,
    description:
      'A command of your own as an agent with this id. In `command` (a list), `{prompt}` stands for the prompt and `{promptFile}` ' +
      'for the path of a file that holds it. `output` is `text`, `jsonl` (the line protocol), or `live`: the line protocol in both ' +
      'directions, with `can` for what it knows beside prompts (`steer`, `interrupt`, `permissions`, `questions`); or `acp`, the Agent Client Protocol. `resume` is the ' +
      'command that continues a conversation, `title` the name that is shown, `env` and `secrets` are names of variables that it gets.',
    scope: 'user',
  },
  'executors.docker.image': {
    type: type.image,
    default: 'my-claude:authenticated',
    description: 'Image of containers in which agents work. It needs `sh`, `git` and the program of the agent.',
    scope: 'user',
  },
  'executors.docker.memoryMegabytes': {
    type: type.whole(64, 1_048_576),
    default: 4096,
    description:
      'Memory of a container, in megabytes (1,048,576 bytes), swap included. What asks for more is ended in it.',
    scope: 'user',
  },
  'executors.docker.cpus': {
    type: type.whole(1, 1024),
    default: 2,
    description: 'Processors that a container may use.',
    scope: 'user',
  },
  'executors.docker.processes': {
    type: type.whole(16, 1_000_000),
    default: 512,
    description: 'Processes and threads that a container may have at once.',
    scope: 'user',
  },
  'executors.docker.network': {
    type: type.containerNetwork,
    default: 'open',
    description: 'What a container reaches: `open` is its model and everything else, `none` is no network at all.',
    scope: 'user',
  },
  'executors.docker.socket': {
    type: type.daemonSocket,
    default: 'auto',
    description:
      'Where Docker, or Podman in its place, listens. `auto` is what `DOCKER_HOST` names, else the first socket that is there. It counts ' +
      'from the next start of the engine on.',
    scope: 'user',
  },
  'executors.docker.ssh': {
    type: type.yesNo,
    default: false,
    description:
      'Lends containers your `~/.ssh`, read-only. An agent in there can then use, and copy, every key in it that has no passphrase.',
    scope: 'user',
  },
  'executors.tmux.socket': {
    type: type.socketName,
    default: 'coppice',
    description:
      'Name of the socket of the tmux server in which windows of sessions are opened (`tmux -L`). `default` is your own server.',
    scope: 'user',
  },
  'checkpoints.keep': {
    type: type.whole(1, 10_000),
    default: 20,
    description: 'How many of the newest checkpoints of a session are kept, whatever their age.',
    scope: 'user',
  },
  'checkpoints.keepDays': {
    type: type.whole(1, 3650),
    default: 30,
    description:
      'Days for which every checkpoint is kept. The start of a session, gates and checkpoints with a name are kept for good.',
    scope: 'user',
  },
  'history.commit': {
    type: type.yesNo,
    default: false,
    description:
      'Lets git see the summaries in `.tasks/`, so that they can be committed. Otherwise they are kept out of git.',
    scope: 'both',
  },
  'engine.idleSeconds': {
    type: type.whole(1, 604_800),
    default: 300,
    description: 'Seconds without work and without a connected front end after which the engine exits.',
    scope: 'user',
  },
} as const satisfies Readonly<Record<string, Setting>>;

function autoCommit<const T extends boolean>(mode: string, value: T) {
  return {
    type: type.yesNo,
    default: value,
    description: `Commits what ${mode} session left on its branch when a turn ends.`,
    scope: 'both',
  } as const;
}

function autoPush<const T extends boolean>(mode: string, value: T) {
  return {
    type: type.yesNo,
    default: value,
    description:
      `Pushes the branch of ${mode} session to its remote after each commit of Coppice: never by force, never the default branch. ` +
      'A push that fails is a notice.',
    scope: 'both',
  } as const;
}

export type SettingKey = keyof typeof table;

export const settingKeys = Object.keys(table) as readonly SettingKey[];

/** The row of a key, in the shape that all rows have in common. */
export function settingOf(key: SettingKey): Setting {
  return table[key];
}
