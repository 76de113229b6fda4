/**
 * The shield: a git directory of ours that stands in for a repository's shared git directory.
 *
 * An agent that can write into `.git` (on the bare host), or only into its own `.git/worktrees/X` (in a container), can
 * plant configuration: `core.fsmonitor`, hooks, `filter.*`, `merge.*.driver`, by the shared `config`, by
 * `config.worktree`, or by pointing `commondir` or `.git` elsewhere. Listing such entries and overriding them leaves a
 * gap between the listing and the reading. So git does not read them at all: it is started with `GIT_COMMON_DIR` (or
 * `GIT_DIR`) at this folder, in which objects, refs and the rest are links to the real ones and `config` is a file
 * that we write. The rule for its content is in `configuration.ts`:
 *
 * - settings that describe the repository are copied from its config, by a list of what is allowed;
 * - filters, merge drivers and diff drivers are copied only when the user confirmed that very command;
 * - everything else, `config.worktree` included, is not there;
 * - the user's global and system configuration is outside the repository and counts as confirmed.
 *
 * A filter that is left with a command that is not installed would make git refuse whole checkouts (Git LFS sets
 * `required`); such filters are switched off and named in `missing`.
 *
 * `logs` is not linked: an agent may own parts of the real one, and appending to a planted link would write outside.
 */
import { mkdir, readlink, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { CoppiceError, systemCode } from '../core/errors.ts';
import {
  acceptedEntries,
  configText,
  filtersIn,
  firstWord,
  ownEntries,
  parseScoped,
  type ScopedEntry,
  withoutFilter,
} from './configuration.ts';
import { type Door, type DoorPlace, zeroSplit } from './door.ts';
import { absolutePathEntries, type ConfigEntry } from './environment.ts';
import { statusOf } from './files.ts';

/** Filters by what can be done with them. */
export interface FilterState {
  /** Their commands run. */
  readonly working: ReadonlySet<string>;
  /** Configured by the user, but the program is not installed. */
  readonly missing: ReadonlySet<string>;
  /** Configured by the repository and not confirmed. */
  readonly unconfirmed: ReadonlySet<string>;
}

/** Which repository is shielded, and what of its own configuration counts as confirmed. */
export interface ShieldOptions {
  readonly door: Door;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly lane: string;
  readonly commonDir: string;
  /** Folder of the shield; made if needed. No container may mount it. */
  readonly folder: string;
  readonly confirmed: readonly ConfigEntry[];
}

/** What the shield holds at present, as git and rules need it. */
export interface ShieldState {
  readonly filters: FilterState;
  /** Overrides for the filters that are missing. */
  readonly config: readonly ConfigEntry[];
  /** Values that are in force, by key in lower case. */
  readonly settings: ReadonlyMap<string, string>;
  /** All values of the repository's own config, for questions about the repository itself; never given to git. */
  readonly own: ReadonlyMap<string, string>;
}

/** A stand-in for one repository's shared git directory. */
export interface Shield {
  readonly folder: string;
  /** Brings the shield up to date with the repository's configuration; cheap when nothing changed. */
  ready(): Promise<ShieldState>;
  /** The repository's configuration as it is, for asking the user. */
  listed(): Promise<readonly ScopedEntry[]>;
}

const links = ['objects', 'refs', 'packed-refs', 'info', 'shallow', 'lfs', 'worktrees'];

/**
 * A shield in `folder`; nothing is made before `ready`. It is rebuilt when a configuration file it was made from has
 * changed.
 */
export function createShield(options: ShieldOptions): Shield {
  const real: DoorPlace = {
    cwd: options.commonDir,
    gitDir: options.commonDir,
    commonDir: options.commonDir,
    lane: options.lane,
  };
  let current:
    { stamp: string; origins: readonly string[]; state: ShieldState; programs: readonly string[] } | undefined;
  let building: Promise<ShieldState> | undefined;

  async function read(): Promise<{ entries: ScopedEntry[]; origins: string[] }> {
    const answer = await options.door.run(['config', '--list', '--show-scope', '--show-origin', '-z'], real);
    const tokens = zeroSplit(answer.stdout);
    const scoped: string[] = [];
    const origins = new Set([join(options.commonDir, 'config'), ...globalFiles(options.env)]);
    for (let index = 0; index + 2 < tokens.length; index += 3) {
      const origin = tokens[index + 1] ?? '';
      if (origin.startsWith('file:')) {
        const path = origin.slice('file:'.length);
        origins.add(isAbsolute(path) ? path : join(options.commonDir, path));
      }
      scoped.push(tokens[index] ?? '', tokens[index + 2] ?? '');
    }
    return { entries: parseScoped(scoped), origins: [...origins] };
  }

  async function build(): Promise<ShieldState> {
    // The stamp is older than what was read, so a change in between is seen at the next look.
    const known = current?.origins ?? [join(options.commonDir, 'config'), ...globalFiles(options.env)];
    const before = stampOf(known);
    const { entries, origins } = await read();
    const stamp = origins.join() === known.join() ? before : 'read again';
    const accepted = acceptedEntries(entries, options.confirmed);
    await writeShield(options.folder, options.commonDir, accepted);
    const users = entries.filter((entry) => entry.scope === 'global' || entry.scope === 'system');
    const effective = filtersIn([...users, ...accepted]);
    const working = new Set<string>();
    const missing = new Set<string>();
    const programs: string[] = [];
    for (const [name, commands] of effective) {
      const lacking = await notInstalled(commands.map(firstWord), options.env['PATH']);
      programs.push(...lacking);
      (commands.length > 0 && lacking.length === 0 ? working : missing).add(name);
    }
    const own = ownEntries(entries);
    const unconfirmed = new Set([...filtersIn(own).keys()].filter((name) => !effective.has(name)));
    const state: ShieldState = {
      filters: { working, missing, unconfirmed },
      config: [...missing].flatMap((name) => withoutFilter(name)),
      settings: mapOf([...users, ...accepted]),
      own: mapOf(own),
    };
    current = { stamp, origins, state, programs };
    return state;
  }

  async function upToDate(): Promise<ShieldState> {
    if (current === undefined || stampOf(current.origins) !== current.stamp) return build();
    const lacking = await notInstalled(current.programs, options.env['PATH']);
    return lacking.length === current.programs.length ? current.state : build();
  }

  return {
    folder: options.folder,
    ready() {
      building ??= upToDate().finally(() => {
        building = undefined;
      });
      return building;
    },
    async listed() {
      return (await read()).entries;
    },
  };
}

function mapOf(entries: readonly ConfigEntry[]): Map<string, string> {
  return new Map(entries.map(({ key, value }) => [key.toLowerCase(), value]));
}

async function writeShield(folder: string, commonDir: string, entries: readonly ConfigEntry[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const extended = entries.some((entry) => entry.key.toLowerCase().startsWith('extensions.'));
  // Bare: without an explicit work tree git then refuses to take the current folder for one.
  const head = [
    { key: 'core.repositoryformatversion', value: extended ? '1' : '0' },
    { key: 'core.bare', value: 'true' },
    { key: 'core.logallrefupdates', value: 'false' },
  ];
  await replaceFile(join(folder, 'config'), configText([...entries, ...head]));
  await replaceFile(join(folder, 'HEAD'), 'ref: refs/coppice/no-head\n');
  for (const name of links) {
    const link = join(folder, name);
    const target = join(commonDir, name);
    try {
      await symlink(target, link);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      // A real file here would hold refs or objects that exist nowhere else, so it is never replaced.
      if ((await readlink(link).catch(() => undefined)) === target) continue;
      throw new CoppiceError('corrupt', `${link} should be a link to ${target}.`, 'Move it away, then try again.', {
        context: { link, target },
        cause: error,
      });
    }
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.next-${process.pid}`;
  await writeFile(next, text, { mode: 0o600 });
  await rename(next, path);
}

function globalFiles(env: Readonly<Record<string, string | undefined>>): string[] {
  if (env['GIT_CONFIG_GLOBAL'] !== undefined) return [env['GIT_CONFIG_GLOBAL']];
  const home = env['HOME'] ?? homedir();
  return [join(home, '.gitconfig'), join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'git', 'config')];
}

function stampOf(files: readonly string[]): string {
  const stamps = files.map((file) => {
    const info = statusOf(file);
    return info === undefined ? 'absent' : `${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs}`;
  });
  return stamps.join(' ');
}

async function notInstalled(programs: readonly string[], path: string | undefined): Promise<string[]> {
  const found = await Promise.all(programs.map((program) => isInstalled(program, path)));
  return programs.filter((_program, index) => found[index] !== true);
}

async function isInstalled(program: string, path: string | undefined): Promise<boolean> {
  if (program === '') return false;
  const candidates = isAbsolute(program) ? [program] : absolutePathEntries(path).map((entry) => join(entry, program));
  for (const candidate of candidates) {
    const info = await stat(candidate).catch(() => undefined);
    if (info?.isFile() === true && (info.mode & 0o111) !== 0) return true;
  }
  return false;
}
