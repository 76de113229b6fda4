/** The plugins of the user: files of the data directory, never of a repository. */
import { readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { readPlugin, type Plugin, type Refusal } from '../../core/plugins/plugin.ts';
import { placeText } from '../../core/settings/place.ts';
import type { CustomAgent, WrapExecutor } from '../../core/settings/types.ts';
import { readSettingsText } from '../config/file.ts';

/** What was found in the folder. */
export interface Plugins {
  readonly agents: Readonly<Record<string, CustomAgent>>;
  readonly executors: ReadonlyMap<string, WrapExecutor>;
  readonly used: readonly Plugin[];
  readonly refused: readonly Refusal[];
}

/** Where plugins are, and which ids of agents they cannot have. */
export interface PluginFolderOptions {
  /** The data directory; plugins are in its folder `plugins`. */
  readonly home: string;
  /** Ids of the agents that come with Coppice. */
  readonly agents: readonly string[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export const noPlugins: Plugins = { agents: {}, executors: new Map(), used: [], refused: [] };

/** More than anybody writes by hand. */
const most = 100;
const ending = '.yaml';

type Entry = Plugin | Refusal;

/**
 * Looks at the folder whenever it is asked; a file that has not changed is not read again. A file that cannot be used is refused
 * with the reason and stands in nobody's way.
 */
export class PluginFolder {
  readonly #options: PluginFolderOptions;
  readonly #cache = new Map<string, { readonly identity: string; readonly entry: Entry }>();
  #current = noPlugins;

  constructor(options: PluginFolderOptions) {
    this.#options = options;
  }

  /** What the last look found. */
  get current(): Plugins {
    return this.#current;
  }

  /** Never throws for what is in the folder. */
  async read(): Promise<Plugins> {
    const folder = join(this.#options.home, 'plugins');
    const names = namesIn(folder);
    if (names?.length === 0) return (this.#current = noPlugins);
    if (names === undefined) return (this.#current = { ...noPlugins, refused: [unreadable(folder)] });
    const files = names.filter((name) => !name.startsWith('.')).sort();
    const entries = await Promise.all(files.slice(0, most).map((name) => this.#entry(folder, name)));
    return (this.#current = collected(entries.filter((each) => each !== undefined)));
  }

  async #entry(folder: string, name: string): Promise<Entry | undefined> {
    const path = join(folder, name);
    const id = name.endsWith(ending) ? name.slice(0, -ending.length) : name;
    const refuse = (reason: string, fix: string): Refusal => {
      return { id, kind: undefined, place: { source: 'user', name: path }, reason, fix };
    };
    if (!name.endsWith(ending)) return refuse('it is not a plugin', `A plugin is a file \`NAME${ending}\`.`);
    const others = await whoElse(path);
    if (others !== undefined) return refuse(others, `Run \`chmod go-w ${path}\`, and let it belong to you.`);
    const cached = this.#cache.get(path);
    const file = await readSettingsText(path, { links: true, clock: this.#options.clock }, cached?.identity);
    if (file === 'same') return cached?.entry;
    this.#cache.delete(path);
    if (file.kind === 'absent') return undefined;
    if (file.kind === 'unusable') return refuse(file.reason, 'Correct the file.');
    const entry = await this.#parsed(id, path, file.text);
    if (file.settled) this.#cache.set(path, { identity: file.identity, entry });
    return entry;
  }

  async #parsed(id: string, path: string, text: string): Promise<Entry> {
    const { readYaml } = await import('../config/yaml.ts');
    const yaml = readYaml(text);
    const [problem] = yaml.problems;
    if (problem !== undefined) {
      const place = { source: 'user', name: path, ...problem.at } as const;
      return { id, kind: undefined, place, reason: problem.message, fix: 'Correct the file.' };
    }
    const locate = (at: readonly (string | number)[], on: 'key' | 'value') =>
      ({ source: 'user', name: path, ...yaml.locate(at, on) }) as const;
    return readPlugin(id, yaml.tree, locate, this.#options.agents);
  }
}

/** Undefined when the folder cannot be read. Asked with the settings, a dozen times on the way to a start: at once. */
function namesIn(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? [] : undefined;
  }
}

/** Why a plugin is not used, in one sentence with its place. */
export function refusalText({ place, reason }: Refusal): string {
  return `${placeText(place)}: ${reason}.`;
}

/** What runs with the user's rights is written by the user: says who else could have. */
async function whoElse(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if ((found.mode & 0o002) !== 0) return 'everybody on this machine can change it';
  const own = process.getuid?.();
  return own === undefined || found.uid === own || found.uid === 0 ? undefined : 'it belongs to somebody else';
}

function unreadable(folder: string): Refusal {
  const place = { source: 'user', name: folder } as const;
  return { id: 'plugins', kind: undefined, place, reason: 'it cannot be read', fix: 'Make it a folder of yours.' };
}

function collected(entries: readonly Entry[]): Plugins {
  const used = entries.filter((each): each is Plugin => !('reason' in each));
  // Without a prototype, so that no id is found that was not defined.
  const agents = Object.assign(Object.create(null) as Record<string, CustomAgent>, {
    ...Object.fromEntries(used.flatMap((each) => (each.kind === 'agent' ? [[each.id, each.agent]] : []))),
  });
  const executors = new Map(
    used.flatMap((each) => (each.kind === 'executor' ? [[each.id, each.executor] as const] : [])),
  );
  return { agents, executors, used, refused: entries.filter((each): each is Refusal => 'reason' in each) };
}
