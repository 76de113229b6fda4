/** Puts the sources of settings together: later ones win, key by key. Pure. */
import type { z } from 'zod';
import { agentProblems } from './agents.ts';
import { agentOfKey, isFamily, matchKey } from './keys.ts';
import { placeText, type Problem } from './place.ts';
import type { Given, Layer } from './read.ts';
import { descriptions } from './descriptions.ts';
import { settingKeys, table, type SettingKey } from './table.ts';
import type { CustomAgent } from './types.ts';

type ValueOf<K extends SettingKey> = z.output<(typeof table)[K]['type']>;
type Family = Extract<SettingKey, `${string}<id>${string}`>;
type AgentOption = Extract<SettingKey, `agents.<id>.${string}`>;

/** What the settings say about one agent; what is absent is left to the agent. */
export type AgentSettings = {
  readonly [K in AgentOption as K extends `agents.<id>.${infer Name}` ? Name : never]?: ValueOf<K>;
};

/** The settings in force, complete: `settings['limits.running']`. */
export type Settings = { readonly [K in Exclude<SettingKey, Family>]: ValueOf<K> } & {
  /** By the id of the agent; only agents about which something is set. */
  readonly agents: Readonly<Record<string, AgentSettings>>;
  /** The agents that files of their own define, and those of `agents.custom`, which win, by id. */
  readonly customAgents: Readonly<Record<string, CustomAgent>>;
};

/** A line of `coppice config`. */
export interface SettingRow {
  readonly key: string;
  readonly value: unknown;
  /** `default`, `not set`, or where the value was written: `user: …/config.yaml:3:5`, `environment: COPPICE_LIMITS_RUNNING`. */
  readonly source: string;
  readonly description: string;
}

/** What the settings mean depends on: the folders in paths, and the agents that may be named. */
export interface SettingsContext {
  /** The data directory, absolute. */
  readonly home: string;
  /** The user's home directory, absolute. */
  readonly userHome: string;
  /** Ids of the agents that come with Coppice. */
  readonly agents: readonly string[];
  /** Agents that files of their own define, by id. */
  readonly plugins?: Readonly<Record<string, CustomAgent>>;
  /** Ids of such files that cannot be used: what settings say about them is no mistake of the settings. */
  readonly refused?: readonly string[];
}

/** The settings of all sources put together. */
export interface Resolved {
  readonly settings: Settings;
  /** All settings in the table's order; of families what is set, or the family itself without a value. */
  readonly rows: readonly SettingRow[];
  /** Everything that is wrong in any source; `settings` must not be used unless this is empty. */
  readonly problems: readonly Problem[];
}

/** The settings that hold when the `layers` (lowest first) speak over the defaults. */
export function resolveSettings(layers: readonly Layer[], context: SettingsContext): Resolved {
  const given = new Map<string, Given>();
  for (const key of plainKeys) given.set(key, { value: defaultOf(key), place: { source: 'default', name: 'default' } });
  for (const layer of layers) for (const [key, value] of layer.values) given.set(key, value);
  for (const [key, { value, place }] of given) {
    if (typeof value === 'string' && paths.includes(matchKey(key)?.row))
      given.set(key, { value: expandPath(value, context), place });
  }
  const { agents, plugins = {}, refused = [] } = context;
  const others = [...Object.keys(plugins), ...refused];
  const settings = assemble(given, plugins);
  const chooses = (id: string): boolean => settings.customAgents[id]?.output === 'acp';
  const problems = [
    ...layers.flatMap((layer) => layer.problems),
    ...agentProblems(layers, { builtIn: agents, plugins: others, chooses }),
    ...limitProblems(given),
  ];
  return { settings, rows: rowsOf(given), problems };
}

/** With every place reserved, what is not critical would wait for ever. */
function limitProblems(given: ReadonlyMap<string, Given>): readonly Problem[] {
  const key = 'limits.reserved';
  const [reserved, running] = [given.get(key), given.get('limits.running')?.value];
  if (reserved === undefined || Number(reserved.value) < Number(running)) return [];
  const message = `"${key}" must be less than "limits.running", which is ${String(running)}: what is not critical would wait for ever`;
  return [{ place: reserved.place, key, message }];
}

/** `~/x` and `{home}/x` as absolute paths. */
export function expandPath(path: string, context: Pick<SettingsContext, 'home' | 'userHome'>): string {
  if (path.startsWith('~/')) return `${context.userHome}${path.slice(1)}`;
  return path.startsWith('{home}/') ? `${context.home}${path.slice('{home}'.length)}` : path;
}

const plainKeys = settingKeys.filter((key) => !isFamily(key));
const paths: readonly (SettingKey | undefined)[] = ['worktrees.root', 'agents.<id>.command'];

function defaultOf(key: SettingKey): unknown {
  const row = table[key];
  return 'default' in row ? row.default : undefined;
}

function assemble(given: ReadonlyMap<string, Given>, plugins: Readonly<Record<string, CustomAgent>>): Settings {
  const agents = record<Record<string, unknown>>();
  const customAgents = Object.assign(record<CustomAgent>(), plugins);
  const plain = record<unknown>();
  for (const [key, { value }] of given) {
    const about = agentOfKey(key);
    if (about === undefined) plain[key] = value;
    else if (about.defines) customAgents[about.id] = value as CustomAgent;
    else (agents[about.id] ??= record())[key.slice(`agents.${about.id}.`.length)] = value;
  }
  // Every value was parsed by the type of its row, and every row without a family has a default.
  return { ...plain, agents, customAgents } as unknown as Settings;
}

/** Without a prototype: an id such as `constructor` finds nothing that was not set. */
function record<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

function rowsOf(given: ReadonlyMap<string, Given>): readonly SettingRow[] {
  const rows = new Map<SettingKey, SettingRow[]>(settingKeys.map((key) => [key, []]));
  for (const [key, { value, place }] of given) {
    const match = matchKey(key);
    if (match === undefined) continue;
    const source = place.source === 'default' ? 'default' : `${place.source}: ${placeText(place)}`;
    rows.get(match.row)?.push({ key, value, source, description: descriptions[match.row] });
  }
  return [...rows].flatMap(([key, found]) =>
    found.length > 0 ? found : [{ key, value: null, source: 'not set', description: descriptions[key] }],
  );
}
