/**
 * Which configuration of a repository Coppice's own git reads: pure rules.
 *
 * Two lists, and everything else is left out. Settings that only describe the repository (line endings, object format,
 * identity) are taken as they are. Entries that name a program for filters, merges and diffs are taken only when the
 * very same key and value were confirmed by the user. What is on neither list is not read, so a kind of setting that a
 * later git learns to execute is left out by default.
 */
import type { ConfigEntry } from './environment.ts';

/** `section.key`, lower case. */
const plainKeys = new Set([
  'core.filemode',
  'core.symlinks',
  'core.ignorecase',
  'core.precomposeunicode',
  'core.autocrlf',
  'core.eol',
  'core.safecrlf',
  'core.checkroundtripencoding',
  'core.bigfilethreshold',
  'core.compression',
  'core.loosecompression',
  'core.protecthfs',
  'core.protectntfs',
  'core.longpaths',
  'core.sharedrepository',
  'core.sparsecheckoutcone',
  'core.abbrev',
  'extensions.objectformat',
  'extensions.partialclone',
  'extensions.noop',
  'extensions.preciousobjects',
  'extensions.relativeworktrees',
  'user.name',
  'user.email',
  'author.name',
  'author.email',
  'committer.name',
  'committer.email',
  'init.defaultbranch',
  'merge.renames',
  'merge.renamelimit',
  'merge.directoryrenames',
  'merge.conflictstyle',
  'diff.renames',
  'diff.renamelimit',
  'diff.algorithm',
  'checkout.workers',
  'checkout.thresholdforparallelism',
  'index.version',
  'index.threads',
]);

/** `section.*.key`, lower case: harmless with any subsection. */
const plainSubsectionKeys = new Set(['remote.promisor', 'remote.partialclonefilter']);

/** `section.*.key`, lower case: a program, taken only when confirmed. */
const programKeys = new Set([
  'filter.clean',
  'filter.smudge',
  'filter.process',
  'filter.required',
  'merge.driver',
  'diff.command',
  'diff.textconv',
]);

/** One entry as `git config --list --show-scope -z` prints it. */
export interface ScopedEntry extends ConfigEntry {
  readonly scope: string;
}

interface KeyParts {
  readonly section: string;
  readonly sub: string | undefined;
  readonly name: string;
}

function partsOf(key: string): KeyParts | undefined {
  const first = key.indexOf('.');
  const last = key.lastIndexOf('.');
  if (first <= 0 || last === key.length - 1) return undefined;
  return {
    section: key.slice(0, first).toLowerCase(),
    sub: first === last ? undefined : key.slice(first + 1, last),
    name: key.slice(last + 1).toLowerCase(),
  };
}

/** The kind of a key by the rules above. */
export function kindOfKey(key: string): 'plain' | 'program' | 'left-out' {
  const parts = partsOf(key);
  if (parts === undefined) return 'left-out';
  const short = `${parts.section}.${parts.name}`;
  if (parts.sub === undefined) return plainKeys.has(short) ? 'plain' : 'left-out';
  if (plainSubsectionKeys.has(short)) return 'plain';
  return programKeys.has(short) ? 'program' : 'left-out';
}

/** Reads `git config --list --show-scope -z`. A key without `=` is git's way to say true. */
export function parseScoped(tokens: readonly string[]): ScopedEntry[] {
  const entries: ScopedEntry[] = [];
  for (let index = 0; index + 1 < tokens.length; index += 2) {
    const text = tokens[index + 1] ?? '';
    const cut = text.indexOf('\n');
    const key = cut < 0 ? text : text.slice(0, cut);
    entries.push({ scope: tokens[index] ?? '', key, value: cut < 0 ? 'true' : text.slice(cut + 1) });
  }
  return entries;
}

/** The repository's own entries: the ones that anybody who can write into it may have put there. */
export function ownEntries(entries: readonly ScopedEntry[]): ScopedEntry[] {
  return entries.filter((entry) => entry.scope === 'local' || entry.scope === 'worktree');
}

/** Entries of the repository itself that would run a program if they were confirmed, for asking the user. */
export function programEntries(entries: readonly ScopedEntry[]): ConfigEntry[] {
  return ownEntries(entries)
    .filter((entry) => kindOfKey(entry.key) === 'program')
    .map(({ key, value }) => ({ key, value }));
}

/**
 * What of the repository's entries is read.
 * A confirmed command whose first word is a relative path is left out all the same: it names a file in the working
 * tree, and an agent writes that file.
 */
export function acceptedEntries(entries: readonly ScopedEntry[], confirmed: readonly ConfigEntry[]): ConfigEntry[] {
  const isConfirmed = (entry: ConfigEntry): boolean =>
    confirmed.some((known) => known.key === entry.key && known.value === entry.value);
  return ownEntries(entries)
    .filter((entry) => {
      const kind = kindOfKey(entry.key);
      if (kind !== 'program') return kind === 'plain';
      return isConfirmed(entry) && !isRelativePath(firstWord(entry.value));
    })
    .map(({ key, value }) => ({ key, value }));
}

/** The first word of a shell command, without its quotes. */
export function firstWord(command: string): string {
  const match = /^\s*(?:"([^"]*)"|'([^']*)'|(\S+))/.exec(command);
  return match?.[1] ?? match?.[2] ?? match?.[3] ?? '';
}

function isRelativePath(word: string): boolean {
  return word.includes('/') && !word.startsWith('/') && !word.startsWith('~/');
}

/** Configuration file text of the entries. Values are quoted whole, so none can start a section of its own. */
export function configText(entries: readonly ConfigEntry[]): string {
  return entries
    .map((entry) => {
      const parts = partsOf(entry.key);
      if (parts === undefined) return '';
      const header =
        parts.sub === undefined ? parts.section : `${parts.section} "${parts.sub.replace(/["\\]/g, '\\$&')}"`;
      const value = entry.value
        .replace(/["\\]/g, '\\$&')
        .replaceAll('\n', '\\n')
        .replaceAll('\t', '\\t')
        .replaceAll('\b', '\\b');
      return `[${header}]\n\t${parts.name} = "${value}"\n`;
    })
    .join('');
}

/** The filters among entries of any scope, each with its commands. */
export function filtersIn(entries: readonly ConfigEntry[]): Map<string, string[]> {
  const filters = new Map<string, string[]>();
  for (const entry of entries) {
    const parts = partsOf(entry.key);
    if (parts?.section !== 'filter' || parts.sub === undefined) continue;
    const commands = filters.get(parts.sub) ?? [];
    if (parts.name !== 'required' && entry.value !== '') commands.push(entry.value);
    filters.set(parts.sub, commands);
  }
  return filters;
}

/** Overrides that make git treat a filter as not there: content passes unchanged and nothing is required. */
export function withoutFilter(name: string): ConfigEntry[] {
  return [
    { key: `filter.${name}.clean`, value: '' },
    { key: `filter.${name}.smudge`, value: '' },
    { key: `filter.${name}.process`, value: '' },
    { key: `filter.${name}.required`, value: 'false' },
  ];
}
