/** Checks that need all sources: what the settings say about agents has to fit together. Pure. */
import { agentOfKey, matchKey } from './keys.ts';
import type { Problem } from './place.ts';
import type { Given, Layer } from './read.ts';
import { meaning, nearest } from './suggest.ts';
import type { SettingKey } from './table.ts';

/** Ids of all agents: those that are there (with Coppice, or in files of their own), and those that the layers define. */
export function knownAgents(layers: readonly Layer[], there: readonly string[]): readonly string[] {
  const keys = layers.flatMap((layer) => [...layer.values.keys()]);
  const own = keys.map(agentOfKey).flatMap((about) => (about?.defines === true ? [about.id] : []));
  return [...there, ...own];
}

/** The agents that are there without the settings. */
export interface AgentsThere {
  /** Ids of those that come with Coppice. */
  readonly builtIn: readonly string[];
  /** Ids of those that files of their own define. */
  readonly plugins?: readonly string[];
  /** Whether an agent of the user's own can be told its model, and how it asks. */
  readonly chooses?: (id: string) => boolean;
}

/**
 * Settings about agents that would have no effect, or a surprising one. A value that a later layer replaces is checked as
 * well, so that a mistake shows where it was made.
 */
export function agentProblems(layers: readonly Layer[], there: AgentsThere): readonly Problem[] {
  const known = knownAgents(layers, [...there.builtIn, ...(there.plugins ?? [])]);
  return layers.flatMap((layer) =>
    [...layer.values].flatMap(([key, { value, place }]) => {
      const message = optionProblem(key, known, there) ?? defaultProblem(key, value, known);
      return message === undefined ? [] : [{ place, key, message }];
    }),
  );
}

/** Options that agents of the user's own obey, too; what others would mean only the command's author knows. */
const forCommands: readonly (SettingKey | undefined)[] = ['agents.<id>.command', 'agents.<id>.args', 'agents.<id>.env'];

/** What an agent can be told that takes such things. */
const forChoosers: readonly (SettingKey | undefined)[] = [
  'agents.<id>.model',
  'agents.<id>.strongerModel',
  'agents.<id>.permissionMode',
];

function optionProblem(
  key: string,
  known: readonly string[],
  { builtIn, plugins = [], chooses }: AgentsThere,
): string | undefined {
  const about = agentOfKey(key);
  if (about === undefined) return undefined;
  const { id, defines } = about;
  const isBuiltIn = builtIn.includes(id);
  if (defines)
    return isBuiltIn ? `"${key}" has the id of an agent that comes with Coppice; choose another id` : undefined;
  if (!known.includes(id)) return nobody(key, id, known);
  const row = matchKey(key)?.row;
  if (isBuiltIn || forCommands.includes(row)) return undefined;
  if (forChoosers.includes(row) && chooses?.(id) === true) return undefined;
  const where = plugins.includes(id) ? 'the file of the plugin' : `"agents.custom.${id}.command"`;
  return `"${key}" has no effect on a command of your own; write it into ${where}`;
}

function defaultProblem(key: string, value: Given['value'], known: readonly string[]): string | undefined {
  const unknown = key === 'agent.default' && typeof value === 'string' && !known.includes(value);
  return unknown ? nobody(key, value, known) : undefined;
}

function nobody(key: string, id: string, known: readonly string[]): string {
  return `"${key}" is about the agent "${id}", which does not exist${meaning(nearest(id, known))}`;
}
