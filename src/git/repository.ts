/** An opened repository: a located one that is trusted, so that git may run in it, always behind the shield. */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CoppiceError } from '../core/errors.ts';
import { programEntries } from './configuration.ts';
import type { Coprocess } from './coprocess.ts';
import { type Door, type DoorPlace, type GitAnswer, type GitOptions, textOf } from './door.ts';
import type { ConfigEntry } from './environment.ts';
import { Known } from './known.ts';
import type { RepositoryLocation } from './locate.ts';
import { slugFrom } from './names.ts';
import { Objects } from './objects.ts';
import type { Owner } from './owner.ts';
import { createShield, type FilterState, type ShieldState } from './shield.ts';
import { Turnstiles } from './turnstile.ts';

/** The parts of a worktree's record that git needs; never taken from the worktree's `.git` file. */
export interface TreePlace {
  /** Top folder of the worktree. */
  readonly path: string;
  /** Its own git directory `<common dir>/worktrees/<name>`. */
  readonly admin: string;
}

/** What a repository is opened with. */
export interface RepositoryOptions {
  readonly door: Door;
  /** The environment given to the door; used to find filter programs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Our own folder for shields and private indexes, e.g. `~/.coppice/git`. No container may mount it. */
  readonly privateDir: string;
  /** Filters, merge and diff drivers of the repository's own config that the user confirmed, key and value. */
  readonly confirmed?: readonly ConfigEntry[];
  /** This engine, noted with what is being made and with leases. */
  readonly owner: Owner;
}

/** The ways to run git on a trusted repository, each as narrow as its purpose. All reject like `Door.run`. */
export interface Repository {
  readonly location: RepositoryLocation;
  /** Top folder of the main checkout; undefined for linked worktrees of a bare repository. */
  readonly mainRoot: string | undefined;
  /** A short name for people and paths, e.g. `my-app`. */
  readonly name: string;
  /** Our folder for this repository. */
  readonly privateDir: string;
  readonly owner: Owner;
  /** Paths of worktrees that this process is making at the moment. */
  readonly making: Set<string>;
  readonly known: Known;
  readonly objects: Objects;
  /** Answers with the content of objects (`cat-file --batch`); it ends when nobody asked for a while, and with this process. */
  readonly contents: Coprocess;
  /** The environment that git's own is built from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Git on the repository as a whole: objects and refs, no work tree. */
  run(args: readonly string[], options?: GitOptions): Promise<GitAnswer>;
  /** As `run`, for a short question with a text answer. */
  ask(args: readonly string[], options?: GitOptions): Promise<string>;
  /**
   * Git on the files of a worktree with an index of ours. Nothing of the worktree's own git directory is read: its
   * `commondir` decides where git looks for refs even when `GIT_COMMON_DIR` says otherwise, and an agent may write it.
   */
  onTree(path: string, indexFile: string, args: readonly string[], options?: GitOptions): Promise<GitAnswer>;
  /** Git on a worktree with the worktree's own index and settings: only while no agent has been in it. */
  onNewTree(tree: TreePlace, args: readonly string[], options?: GitOptions): Promise<GitAnswer>;
  /**
   * Git on the real shared directory, for the few commands that write or report paths of it (`worktree add
   * --no-checkout`, `worktree list`, `sparse-checkout set`). These touch no file of a work tree, so nothing that the
   * repository configures runs.
   */
  onCommonDir(args: readonly string[], options?: GitOptions & { tree?: TreePlace }): Promise<GitAnswer>;
  /** Git on the refs of a repository inside a worktree, only to read them. Its configuration is read; nothing of it runs. */
  onNested(gitDir: string, args: readonly string[], options?: GitOptions): Promise<GitAnswer>;
  /** As `run`, or with `path` as `onTree` without an index: a git that stays for many questions. Whoever opens it closes it. */
  converse(args: readonly string[], options?: { path?: string; extraEnv?: GitOptions['extraEnv'] }): Coprocess;
  filters(): Promise<FilterState>;
  /** Values of the user's and the repository's configuration that are in force, by key in lower case. */
  settings(): Promise<ReadonlyMap<string, string>>;
  /** All values of the repository's own configuration by key in lower case, for questions about it; git reads none of it. */
  own(): Promise<ReadonlyMap<string, string>>;
  /** What the user's own configuration and that of the machine say, in order; nothing of the repository's. */
  users(): Promise<readonly ConfigEntry[]>;
  /** Entries of the repository's own config that need the user's confirmation before they are used. */
  programs(): Promise<readonly ConfigEntry[]>;
  /** One at a time by name within this process, e.g. for a private index. */
  exclusive<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** @throws CoppiceError `git-failed`, `version-mismatch` (git before 2.38). */
export async function openRepository(location: RepositoryLocation, options: RepositoryOptions): Promise<Repository> {
  await checkGitVersion(options.door);
  const { door } = options;
  const privateDir = join(options.privateDir, location.id);
  await mkdir(join(privateDir, 'index'), { recursive: true, mode: 0o700 });
  const lane = location.id;
  const shield = createShield({
    door,
    env: options.env,
    lane,
    commonDir: location.commonDir,
    folder: join(privateDir, 'shield'),
    confirmed: options.confirmed ?? [],
  });
  let state = await shield.ready();
  const mainRoot = findMainRoot(location, state.own);
  const turns = new Turnstiles(1);
  const whole: DoorPlace = { cwd: shield.folder, gitDir: shield.folder, commonDir: shield.folder, lane };

  async function ready(): Promise<ShieldState> {
    state = await shield.ready();
    return state;
  }
  async function shielded(call: GitOptions): Promise<GitOptions> {
    const { config } = await ready();
    return { ...call, config: [...config, ...(call.config ?? [])] };
  }

  const run: Repository['run'] = async (args, call = {}) => door.run(args, whole, await shielded(call));

  const converse: Repository['converse'] = (args, { path, extraEnv } = {}) => {
    const indexFile = join(privateDir, 'index', 'none');
    const place = path === undefined ? whole : { ...whole, cwd: path, workTree: path, indexFile };
    return door.converse(args, async () => ({
      place,
      config: (await ready()).config,
      ...(extraEnv === undefined ? {} : { extraEnv }),
    }));
  };

  return {
    location,
    mainRoot,
    name: slugFrom(basename(mainRoot ?? location.commonDir).replace(/\.git$/, '')),
    privateDir,
    owner: options.owner,
    making: new Set(),
    env: options.env,
    known: new Known(),
    objects: new Objects({
      folder: join(location.commonDir, 'objects'),
      settings: () => state.settings,
      run,
    }),
    contents: converse(['cat-file', '--batch']),
    run,
    ask: async (args, call = {}) => door.ask(args, whole, await shielded(call)),
    async onTree(path, indexFile, args, call = {}) {
      return door.run(args, { ...whole, cwd: path, workTree: path, indexFile }, await shielded(call));
    },
    async onNewTree(tree, args, call = {}) {
      const place = { cwd: tree.path, gitDir: tree.admin, commonDir: shield.folder, workTree: tree.path, lane };
      return door.run(args, place, await shielded(call));
    },
    onCommonDir(args, call = {}) {
      const { commonDir } = location;
      const { tree } = call;
      if (tree === undefined) return door.run(args, { cwd: commonDir, gitDir: commonDir, commonDir, lane }, call);
      return door.run(args, { cwd: tree.path, gitDir: tree.admin, commonDir, workTree: tree.path, lane }, call);
    },
    onNested: (gitDir, args, call = {}) => door.run(args, { cwd: gitDir, gitDir, lane }, call),
    converse,
    filters: async () => (await ready()).filters,
    settings: async () => (await ready()).settings,
    users: async () => (await shield.listed()).filter(({ scope }) => scope === 'global' || scope === 'system'),
    own: async () => (await ready()).own,
    programs: async () => programEntries(await shield.listed()),
    exclusive: (name, work, signal) => turns.pass(name, work, signal),
  };
}

const versions = new WeakMap<Door, Promise<string>>();

/** Asked once per door. @throws CoppiceError `version-mismatch` when git is older than 2.38 (`merge-tree --write-tree`). */
export function checkGitVersion(door: Door): Promise<string> {
  const known = versions.get(door) ?? askVersion(door);
  versions.set(door, known);
  // A git that was not there may be installed later.
  known.catch(() => versions.delete(door));
  return known;
}

async function askVersion(door: Door): Promise<string> {
  const answer = textOf(await door.run(['--version'], { cwd: '/', lane: 'version' }));
  const match = /(\d+)\.(\d+)(?:\.\d+)*/.exec(answer);
  const [major, minor] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (major > 2 || (major === 2 && minor >= 38)) return match?.[0] ?? answer;
  throw new CoppiceError(
    'version-mismatch',
    `Coppice needs git 2.38 or later; this is "${answer.trim()}".`,
    'Install a newer git and put it first on the PATH.',
    { context: { version: answer.trim() } },
  );
}

function findMainRoot(location: RepositoryLocation, settings: ReadonlyMap<string, string>): string | undefined {
  const { commonDir } = location;
  if (settings.get('extensions.refstorage') === 'reftable') {
    throw new CoppiceError(
      'version-mismatch',
      'This repository keeps its refs in the reftable format, which Coppice does not read.',
      'Convert it with `git refs migrate --ref-format=files`.',
      { context: { commonDir } },
    );
  }
  if (settings.get('core.bare') === 'true') return undefined;
  if (location.kind !== 'linked') return location.root;
  const path = settings.get('core.worktree');
  if (path !== undefined) return path.startsWith('/') ? path : join(commonDir, path);
  return basename(commonDir) === '.git' ? dirname(commonDir) : undefined;
}
