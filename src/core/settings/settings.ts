/** Puts the sources of settings together: later ones win, key by key. Pure. */
import type { z } from 'zod';
import { isFamily, matchKey } from './keys.ts';
import { placeText, type Place, type Problem } from './place.ts';
import { agentOfKey, type Given, type Layer } from './read.ts';
import { meaning, nearest } from './suggest.ts';
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
  /** The agents that `agents.custom` defines, by id. */
  readonly customAgents: Readonly<Record<string, CustomAgent>>;
};

/** A line of `coppice config`. */
export interface SettingRow {
  readonly key: string;
  readonly value: unknown;
  /** `default`, or where the value was written: `user: …/config.yaml:3:5`, `environment: COPPICE_LIMITS_RUNNING`. */
  readonly source: string;
  readonly description: string;
}

export interface SettingsContext {
  /** The data directory, absolute. */
  readonly home: string;
  /** The user's home directory, absolute. */
  readonly userHome: string;
  /** Ids of the agents that come with Coppice. */
  readonly agents: readonly string[];
}

export interface Resolved {
  readonly settings: Settings;
  /** All settings in the table's order; of families only what is set. */
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
  const problems = [...layers.flatMap((layer) => layer.problems), ...agentProblems(layers, given, context.agents)];
  return { settings: assemble(given), rows: rowsOf(given), problems };
}

/** Ids of all agents that the layers and Coppice know. */
export function knownAgents(layers: readonly Layer[], builtIn: readonly string[]): readonly string[] {
  const keys = layers.flatMap((layer) => [...layer.values.keys()]);
  return [...builtIn, ...keys.flatMap((key) => definedBy(key) ?? [])];
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

/** An agent that nobody knows would silently have no effect; one that has two meanings would surprise. */
function agentProblems(
  layers: readonly Layer[],
  given: ReadonlyMap<string, Given>,
  builtIn: readonly string[],
): readonly Problem[] {
  const known = knownAgents(layers, builtIn);
  const problems: Problem[] = [];
  const unknown = (key: string, id: string, place: Place): void => {
    const message = `"${key}" is about the agent "${id}", which does not exist${meaning(nearest(id, known))}`;
    problems.push({ place, key, message });
  };
  for (const [key, { value, place }] of [...given, ...overruled(layers, given)]) {
    const about = agentOfKey(key);
    if (about?.defines === true && builtIn.includes(about.id)) {
      problems.push({
        place,
        key,
        message: `"${key}" has the id of an agent that comes with Coppice; choose another id`,
      });
    } else if (about?.defines === false && !known.includes(about.id)) unknown(key, about.id, place);
    else if (key === 'agent.default' && typeof value === 'string' && !known.includes(value)) unknown(key, value, place);
  }
  return problems;
}

/** Values that a later layer replaced: they are checked as well, so that a mistake shows where it was made. */
function overruled(layers: readonly Layer[], given: ReadonlyMap<string, Given>): readonly (readonly [string, Given])[] {
  return layers.flatMap((layer) => [...layer.values].filter(([key, value]) => given.get(key)?.place !== value.place));
}

function definedBy(key: string): string | undefined {
  const about = agentOfKey(key);
  return about?.defines === true ? about.id : undefined;
}

function assemble(given: ReadonlyMap<string, Given>): Settings {
  const agents = record<Record<string, unknown>>();
  const customAgents = record<unknown>();
  const plain = record<unknown>();
  for (const [key, { value }] of given) {
    const about = agentOfKey(key);
    if (about === undefined) plain[key] = value;
    else if (about.defines) customAgents[about.id] = value;
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
  const entries = [...given].flatMap(([key, { value, place }]) => {
    const match = matchKey(key);
    if (match === undefined) return [];
    const source = place.source === 'default' ? 'default' : `${place.source}: ${placeText(place)}`;
    return [
      { order: settingKeys.indexOf(match.row), row: { key, value, source, description: match.setting.description } },
    ];
  });
  return entries.sort((a, b) => a.order - b.order).map((entry) => entry.row);
}
