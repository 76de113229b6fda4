/**
 * The environment of every git process of Coppice, as pure functions.
 *
 * Two things are forced here. Configuration that would run a program, hide a change or touch the network is overridden
 * through `GIT_CONFIG_COUNT` (the same rank as `-c`, but not on the argument list). And nothing of the caller's shell
 * that steers git (`GIT_*`, pagers, editors, relative `PATH` entries) gets through.
 */
import { isAbsolute } from 'node:path';

/** One configuration value, key as git prints it (`section.sub.key`). */
export interface ConfigEntry {
  readonly key: string;
  readonly value: string;
}

/** Where a git process works. With `gitDir` git never searches, so it never believes a `.git` file of an agent. */
export interface GitPlace {
  readonly cwd: string;
  readonly gitDir?: string;
  readonly commonDir?: string;
  readonly workTree?: string;
  readonly indexFile?: string;
}

/**
 * Overrides for every call. The reasons, in order: no program of the repository's choice (fsmonitor, hooks, signature
 * programs, pager, editor, transports, credential helpers); change detection that cannot be fooled by a restored
 * modification time (`protocols/git-mechanics.md` B); no background work and no descent into submodules; an index
 * that is one plain file; patience with another git (`gc`, `pack-refs`) that locks a ref in passing; messages in the encoding in
 * which we write and read them; and worktrees that know each other by their whole paths.
 */
export const forcedConfig: readonly ConfigEntry[] = [
  { key: 'core.fsmonitor', value: 'false' },
  { key: 'core.hooksPath', value: '/dev/null' },
  { key: 'core.pager', value: 'cat' },
  { key: 'core.editor', value: 'false' },
  { key: 'core.askPass', value: '' },
  { key: 'core.sshCommand', value: 'false' },
  { key: 'credential.helper', value: '' },
  { key: 'protocol.allow', value: 'never' },
  { key: 'log.showSignature', value: 'false' },
  { key: 'commit.gpgSign', value: 'false' },
  { key: 'tag.gpgSign', value: 'false' },
  { key: 'core.trustctime', value: 'true' },
  { key: 'core.checkStat', value: 'default' },
  { key: 'core.ignoreStat', value: 'false' },
  { key: 'core.untrackedCache', value: 'false' },
  { key: 'core.splitIndex', value: 'false' },
  { key: 'index.sparse', value: 'false' },
  { key: 'gc.auto', value: '0' },
  { key: 'maintenance.auto', value: 'false' },
  { key: 'submodule.recurse', value: 'false' },
  { key: 'core.quotePath', value: 'false' },
  { key: 'color.ui', value: 'false' },
  { key: 'core.filesRefLockTimeout', value: '1000' },
  { key: 'i18n.commitEncoding', value: 'UTF-8' },
  { key: 'i18n.logOutputEncoding', value: 'UTF-8' },
  { key: 'worktree.useRelativePaths', value: 'false' },
];

const kept = new Set(['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM']);
const dropped = new Set(['EDITOR', 'VISUAL', 'PAGER', 'PREFIX', 'SSH_ASKPASS', 'LANGUAGE', 'LC_ALL']);

/** `PATH` without empty and relative entries: those would find a program in the folder of an agent. */
export function absolutePathEntries(path: string | undefined): string[] {
  return (path ?? '').split(':').filter((entry) => isAbsolute(entry));
}

/**
 * The complete environment of one git process.
 *
 * @param base the environment that the engine was given, whole.
 * @param place sets `GIT_DIR`, `GIT_COMMON_DIR`, `GIT_WORK_TREE` and `GIT_INDEX_FILE` where named.
 * @param config added after `forcedConfig`, so that it wins over it.
 * @param extra variables of ours, e.g. `GIT_AUTHOR_NAME`.
 */
export function gitEnvironment(
  base: Readonly<Record<string, string | undefined>>,
  place: GitPlace,
  config: readonly ConfigEntry[] = [],
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    const upper = name.toUpperCase();
    if (value === undefined || dropped.has(upper) || (upper.startsWith('GIT_') && !kept.has(name))) continue;
    env[name] = value;
  }
  env['PATH'] = absolutePathEntries(base['PATH']).join(':');
  env['LC_ALL'] = 'C';
  env['GIT_TERMINAL_PROMPT'] = '0';
  // An agent's own index is never rewritten as a side effect of our reading it.
  env['GIT_OPTIONAL_LOCKS'] = '0';
  // No transport at all: a missing object of a partial clone must not start a program named by the repository.
  env['GIT_ALLOW_PROTOCOL'] = '';
  env['GIT_NO_LAZY_FETCH'] = '1';
  // A filter of the user's like `python -m nbstripout` would find its modules in the folder where git runs it: an agent's.
  env['PYTHONSAFEPATH'] = '1';
  // Evidence is about the objects named, not about what `refs/replace` puts in their place.
  env['GIT_NO_REPLACE_OBJECTS'] = '1';
  if (place.gitDir !== undefined) env['GIT_DIR'] = place.gitDir;
  if (place.commonDir !== undefined) env['GIT_COMMON_DIR'] = place.commonDir;
  if (place.workTree !== undefined) env['GIT_WORK_TREE'] = place.workTree;
  if (place.indexFile !== undefined) env['GIT_INDEX_FILE'] = place.indexFile;
  const entries = [...forcedConfig, ...config];
  env['GIT_CONFIG_COUNT'] = String(entries.length);
  entries.forEach((entry, index) => {
    env[`GIT_CONFIG_KEY_${index}`] = entry.key;
    env[`GIT_CONFIG_VALUE_${index}`] = entry.value;
  });
  return { ...env, ...extra };
}
