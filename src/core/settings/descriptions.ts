/** What the settings mean, each in one or two sentences of Markdown. Apart from the table: who only wants names need not read them. */
import type { SettingKey } from './table.ts';

const autoCommit = (mode: string): string => `Commits what ${mode} session left on its branch when a turn ends.`;

const autoPush = (mode: string): string =>
  `Pushes the branch of ${mode} session to its remote after each commit of Coppice: never by force, never the default branch. ` +
  'A push that fails is a notice.';

export const descriptions: Readonly<Record<SettingKey, string>> = {
  'limits.running': 'How many sessions may be at work at once. Dispatch and interactive sessions do not count.',
  'limits.reserved':
    'How many of these places only sessions with the priority `critical` take. The others share the rest, so it is less than `limits.running`.',
  'limits.waiting': 'How many sessions may wait in the queue; one more is refused with the reason.',
  'limits.labels':
    'How many sessions with a label (`--label area:auth`, `--label team:web`) may be at work at once, label by label: `area:auth: 1`. One more ' +
    'waits, and those with other labels pass it. Dispatch and interactive sessions do not count.',
  'limits.minFreeMemoryMegabytes':
    'Memory in megabytes (1,048,576 bytes) that is to be left when one more session has started on this machine; with less you are asked first. ' +
    '0: never asked. Known on Linux alone.',
  'limits.sessionMemoryMegabytes':
    'Memory in megabytes (1,048,576 bytes) that one more session is taken to need. Where sessions at work mostly use more, that counts.',
  'worktrees.root':
    'Directory below which worktrees are made. `{home}` is the data directory, `~` your home directory.',
  'worktrees.setup':
    'Commands that prepare a worktree, in order, before an agent starts in it. The first one that fails stops the session.',
  'worktrees.teardown': 'Commands that run in a worktree, in order, before it is removed.',
  'worktrees.scriptTimeoutSeconds': 'Seconds that each set-up or tear-down command may take.',
  'worktrees.sparse': 'Directories to check out (git sparse checkout, cone mode). Empty: everything.',
  'worktrees.pool':
    'How many worktrees of each repository in use are checked out in advance, so that a session starts at once. 0 turns it off.',
  'worktrees.poolMegabytes':
    'Size of all worktrees of a repository that are checked out in advance, in megabytes (1,048,576 bytes), above which fewer are.',
  'worktrees.copyIgnored':
    'Copies the ignored files that `.worktreeinclude` names from the main checkout to a worktree that is made.',
  'session.timeBoxSeconds':
    'Seconds of work after which an autonomous session is stopped; waiting for a person does not count.',
  'session.restarts':
    'How often in a row an agent that works unattended is started again after something outside has ended it in the midst of a turn, ' +
    'mostly because memory ran out. Then a person is asked. 0: the session fails at once. A container that is stopped or removed is never started again.',
  'session.startTimeoutSeconds': 'Seconds after which an agent that has printed nothing at all counts as failed.',
  'session.autoCommit.autonomous': autoCommit('an autonomous'),
  'session.autoCommit.dispatch': autoCommit('a dispatch'),
  'session.autoCommit.interactive': autoCommit('an interactive'),
  'session.autoCommit.planning': autoCommit('a planning'),
  'session.autoCommit.orchestration': autoCommit('an orchestration'),
  'session.autoPush.autonomous': autoPush('an autonomous'),
  'session.autoPush.dispatch': autoPush('a dispatch'),
  'session.autoPush.interactive': autoPush('an interactive'),
  'session.autoPush.planning': autoPush('a planning'),
  'session.autoPush.orchestration': autoPush('an orchestration'),
  'landing.gates':
    'Commands that judge the merged result before work lands, in order, each a list of a program and its arguments. They run in a ' +
    'temporary worktree of that result; the first one that does not exit with 0 refuses the landing.',
  'landing.gateTimeoutSeconds': 'Seconds that each gate may take.',
  'supervision.level':
    'How much happens without a person. `guided` asks at each tool that asks and after each turn, `collaborative` after each turn, ' +
    '`supervised` where a check fails for good or nobody can be sure, and so does `autonomous`: it rolls a turn back that a gate refused, ' +
    'and lets tools through in which nothing dangerous was seen. Dangers, limits and breakpoints are yours at every level.',
  'supervision.gates':
    "Commands that judge each turn of an autonomous session, in order, each a list of a program and its arguments. They run in the session's " +
    'worktree; the first one that does not exit with 0 sends the agent back to work.',
  'supervision.gateTimeoutSeconds': 'Seconds that each of these commands may take.',
  'supervision.attempts': 'Failures with the same error after which a person is asked.',
  'supervision.maxPrompts': 'Prompts that the supervisor may send in a row before a person is asked, whatever failed.',
  'supervision.model':
    'The model that reviews what the gates let through, as its server calls it. `auto` takes the best one that is installed where gates are ' +
    'set; `none` asks no model.',
  'supervision.endpoint': 'Where the server of that model (Ollama) listens.',
  'supervision.contextTokens': 'Tokens that question and answer may have together; the same for every call.',
  'supervision.timeoutSeconds': 'Seconds that a review may take, the loading of the model included.',
  'approval.ask':
    'Uses of tools about which a person is asked whatever was allowed before, as conditions: `command npm publish*`, `path infra/**`, ' +
    '`before tool WebFetch`, `danger`. An agent that does not ask for permission is interrupted right after such a use.',
  'approval.forbid':
    'Uses of tools that are refused, whoever would allow them; conditions as in `approval.ask`. What a program does inside is not seen: a ' +
    'boundary is a container, not this list.',
  'approval.landing':
    'What work has to be before it may land: `verified` (all gates passed on exactly these files) or `accepted` by a person; `any` asks for ' +
    'neither.',
  'approval.costAutomaticCents':
    'US cents that a session may cost before a person is asked, and by which one approval raises that; only where billing is `metered`. ' +
    '0: `budget.costCents` alone decides.',
  'approval.costForbiddenCents':
    'US cents beyond which no session goes on, whoever approves it; only where billing is `metered`. 0: any amount.',
  'budget.billing': 'With `subscription`, cost is never shown and never decides.',
  'budget.tokens': 'Tokens (in and out) that a session may use before a person is asked. 0: any number.',
  'budget.workMinutes':
    'Minutes that the turns of a session may work, all together, before a person is asked. 0: any number.',
  'budget.costCents':
    'US cents that a session may cost before a person is asked; only where billing is `metered`. 0: any amount.',
  'budget.stageTokens':
    'Tokens that the sessions of a stage of a plan (`--stage`), with all that they started, may use together before a person is asked. ' +
    '0: any number.',
  'budget.stageCostCents': 'US cents that they may cost together; only where billing is `metered`. 0: any amount.',
  'budget.planTokens':
    'Tokens that a session and all sessions that it started may use together before a person is asked. 0: any number.',
  'budget.planCostCents': 'US cents that they may cost together; only where billing is `metered`. 0: any amount.',
  'budget.dayTokens':
    'Tokens that all sessions of a repository may use in a day of this machine before a person is asked. 0: any number.',
  'budget.dayCostCents': 'US cents that they may cost in a day; only where billing is `metered`. 0: any amount.',
  'budget.projectTokens':
    'Tokens that all sessions of a repository may use together before a person is asked. 0: any number.',
  'budget.projectCostCents': 'US cents that they may cost together; only where billing is `metered`. 0: any amount.',
  'session.minFreeMegabytes':
    'Free space of the data directory, in megabytes (1,048,576 bytes), below which sessions are paused.',
  'session.maxStreamMegabytes': "Size of a session's output, in megabytes (1,048,576 bytes), above which it is paused.",
  'monitor.hosts':
    'Hosts that agents may speak to without a warning; a name also stands for those below it. It decides what is told, not what is possible.',
  'monitor.silenceSeconds': 'Seconds after which an agent at work that has printed nothing is told of.',
  'stop.graceSeconds':
    'Seconds that an agent gets to end by itself at each step of a stop: interrupt, then SIGTERM, then SIGKILL.',
  'agent.default': 'The agent of a session that names none.',
  'executor.default':
    'Where a session works that does not say it: `local`, `tmux`, `docker`, `ssh:HOST` or `wrap:NAME`. The demo agent stays on this machine.',
  'agents.<id>.command': "The agent's program.",
  'agents.<id>.args': "Arguments that are added to the agent's command line.",
  'agents.<id>.model':
    'The model that the agent is asked to use, in its own words; passed through unchanged.' +
    ' With Claude Code, `ollama:NAME` is a model of the Ollama at `supervision.endpoint`, and nothing else is asked.',
  'agents.<id>.strongerModel':
    'The model of the last try before a person is asked, in the words of the agent, and of what follows until a person gives a prompt.',
  'agents.<id>.permissionMode': 'How the agent asks for permission, in its own words.',
  'agents.<id>.maxRetries': "How often the agent repeats a request that its model's service did not answer.",
  'agents.<id>.env': "Names of further variables of your shell's environment that the agent may see.",
  'agents.custom.<id>':
    'A command of your own as an agent with this id. In `command` (a list), `{prompt}` stands for the prompt and `{promptFile}` ' +
    'for the path of a file that holds it. `output` is `text`, `jsonl` (the line protocol), or `live`: the line protocol in both ' +
    'directions, with `can` for what it knows beside prompts (`steer`, `interrupt`, `permissions`, `questions`); or `acp`, the Agent Client Protocol. `resume` is the ' +
    'command that continues a conversation, `title` the name that is shown, `env` and `secrets` are names of variables that it gets.',
  'executors.docker.image':
    'Image of containers in which agents work. It needs `sh`, `git` and the program of the agent.',
  'executors.docker.memoryMegabytes':
    'Memory of a container, in megabytes (1,048,576 bytes), swap included; what asks for more is ended in it. All containers together get ' +
    'three quarters of the memory of their machine at most, so that a container gets less where as many as `limits.running` would not fit.',
  'executors.docker.cpus':
    'Processors that a container may use. All containers together get three quarters of those of their machine, but each of them one at least.',
  'executors.docker.planningMemoryMegabytes':
    'The same as `executors.docker.memoryMegabytes` for planning sessions, where it is less.',
  'executors.docker.planningCpus': 'The same as `executors.docker.cpus` for planning sessions, where it is less.',
  'executors.docker.processes': 'Processes and threads that a container may have at once.',
  'executors.docker.network':
    'What a container reaches: `open` is its model and everything else, `model` is what `executors.docker.endpoints` lists and nothing ' +
    'else (the image needs `node`, and the agent has to heed `HTTPS_PROXY`), `none` is no network at all.',
  'executors.docker.endpoints':
    'Hosts with ports that containers reach with the network `model`: the endpoint of the model. Whatever is on the list can also be sent data.',
  'executors.docker.socket':
    'Where Docker, or Podman in its place, listens. `auto` is what `DOCKER_HOST` names, else the first socket that is there. It counts ' +
    'from the next start of the engine on.',
  'executors.docker.ssh':
    'Lends containers your `~/.ssh`, read-only. An agent in there can then use, and copy, every key in it that has no passphrase.',
  'executors.tmux.socket':
    'Name of the socket of the tmux server in which windows of sessions are opened (`tmux -L`). `default` is your own server.',
  'checkpoints.keep': 'How many of the newest checkpoints of a session are kept, whatever their age.',
  'checkpoints.keepDays':
    'Days for which every checkpoint is kept. The start of a session, gates and what people kept or named stay for good.',
  'history.commit':
    'Lets git see the summaries in `.tasks/`, so that they can be committed. Otherwise they are kept out of git.',
  'engine.idleSeconds': 'Seconds without work and without a connected front end after which the engine exits.',
};
