/** The guide to the settings, generated from the table so that it cannot differ from what the program does. */
import { definition, isFamily, keyFor, variableOf } from './keys.ts';
import { descriptions } from './descriptions.ts';
import { settingKeys, settingOf, type Scope, type SettingKey } from './table.ts';

/** The text of `docs/guides/configuration.md`. */
export function settingsMarkdown(): string {
  return `${intro}\n${sections().map(section).join('\n')}`;
}

const intro = `# Configuration

<!-- Generated from src/core/settings/table.ts; a test compares this page with it. -->

Every setting has a default, so no file is needed. What is set is looked for in this order, and the later one wins, setting
by setting:

1. the default;
2. your own file, \`config.yaml\` in the data directory (\`~/.coppice\`, or what \`COPPICE_HOME\` names);
3. the repository's file, \`.coppice.yaml\` at the root of its main checkout, if you trust the repository (\`coppice trust\`).
   A copy of it in a worktree is not read, so an agent cannot change its own settings;
4. environment variables, named with each setting below;
5. options of the command (\`--agent\`, …).

\`coppice config\` prints every setting in force and where it comes from.

## The files

The files are YAML 1.2. The parts of a key are written below each other:

\`\`\`yaml
limits:
  running: 5
worktrees:
  setup:
    - npm ci
    - [cp, .env.example, .env]
agents:
  claude-code:
    model: opus
  custom:
    my-tool:
      command: [my-tool, --prompt, '{prompt}']
\`\`\`

A key that does not exist, a value of the wrong type, and a key that the file may not set are errors: nothing starts, and
the message names the file, the line and the key. Nothing is skipped silently. A file has at most 64 KiB, is UTF-8, and uses
neither anchors and aliases nor tags. \`.coppice.yaml\` is a regular file, not a symbolic link.

A repository's file cannot set what decides which program runs as an agent, where worktrees are, or what holds for the whole
engine. _File_ says where a setting may stand: _yours_ (\`config.yaml\`), _repository_ (\`.coppice.yaml\`), or both.
Set-up and tear-down commands may come from a repository, because trusting it means that its code may run.

Passwords, tokens and keys do not belong into these files. Name the variables that an agent needs in \`agents.<id>.env\`;
their values are taken from the shell that starts a session, and are kept in memory only.

## Plugins

An agent or an executor of your own can also be a file, \`plugins/NAME.yaml\` of the data directory; the name is its id. It says
which version of plugins it was written for (\`coppice: 1\`), has a version of its own, and defines either an \`agent\`, as
\`agents.custom.NAME\` would, or an \`executor\`: a command that is put before the agent's on this host, in which \`{worktree}\` and
\`{session}\` are filled in. It is used as \`--executor wrap:NAME\`. What that command keeps from an agent nobody checks, so it counts as
the bare host.

\`\`\`yaml
coppice: 1
version: 0.1.0
executor:
  wrap: [systemd-run, --user, --scope, --quiet, -p, MemoryMax=4G]
\`\`\`

No code of a plugin runs in the engine: an agent that should do more than a command can speaks the line protocol (\`output: live\`).
A plugin is never taken from a repository, and runs only in repositories that you trust. One that cannot be used is refused with
the reason, by \`coppice doctor\` and by whoever asks for it, and stands in nobody's way.

## Environment variables

A variable holds text, a number, \`true\` or \`false\`; lists are written as JSON: \`COPPICE_WORKTREES_SETUP='["npm ci"]'\`. An
empty variable counts as not set. A variable that begins with \`COPPICE_\` and means nothing to Coppice is an error. In the names
of variables, \`<ID>\` is the id of the agent in capitals, with \`_\` for \`-\`.

An agent, and the commands of \`worktrees.setup\`, find two more in their environment, so that servers and containers of worktrees
that share a machine keep out of each other's way: \`COPPICE_PORT\` is the first of ten ports that no other worktree is given, and
\`COMPOSE_PROJECT_NAME\` the name that Docker Compose puts before everything it makes.
`;

interface Section {
  readonly name: string;
  readonly keys: readonly SettingKey[];
}

function sections(): readonly Section[] {
  const names = [...new Set(settingKeys.map(sectionOf))];
  return names.map((name) => ({ name, keys: settingKeys.filter((key) => sectionOf(key) === name) }));
}

function sectionOf(key: SettingKey): string {
  return key.slice(0, key.indexOf('.'));
}

function section({ name, keys }: Section): string {
  return `## \`${name}\`\n\n${keys.map(entry).join('\n')}`;
}

const files: Readonly<Record<Scope, string>> = {
  user: 'yours',
  repository: 'repository',
  both: 'yours, repository',
};

function entry(key: SettingKey): string {
  const { type, scope } = settingOf(key);
  const facts = [
    `- Value: ${type.description ?? ''}`,
    `- Default: ${defaultText(key)}`,
    `- File: ${files[scope]}`,
    `- Variable: ${variableText(key)}`,
  ];
  return `### \`${key}\`\n\n${descriptions[key]}\n\n${facts.join('\n')}\n`;
}

function defaultText(key: SettingKey): string {
  const setting = settingOf(key);
  if (setting.default === undefined) return 'not set';
  return `\`${typeof setting.default === 'string' ? setting.default : JSON.stringify(setting.default)}\``;
}

function variableText(key: SettingKey): string {
  if (key === definition) return 'none';
  return isFamily(key) ? `\`${variableOf(keyFor(key, 'id')).replace('_ID_', '_<ID>_')}\`` : `\`${variableOf(key)}\``;
}
