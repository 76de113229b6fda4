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

/**
 * Settings about agents that would have no effect, or a surprising one. A value that a later layer replaces is checked as
 * well, so that a mistake shows where it was made. `plugins` are the ids of agents that files of their own define.
 */
export function agentProblems(
  layers: readonly Layer[],
  builtIn: readonly string[],
  plugins: readonly string[] = [],
): readonly Problem[] {
  const known = knownAgents(layers, [...builtIn, ...plugins]);
  return layers.flatMap((layer) =>
    [...layer.values].flatMap(([key, { value, place }]) => {
      const message = optionProblem(key, known, builtIn, plugins) ?? defaultProblem(key, value, known);
      return message === undefined ? [] : [{ place, key, message }];
    }),
  );
}

/** Options that agents of the user's own obey, too; what others would mean only the command's author knows. */
const forCommands: readonly (SettingKey | undefined)[] = ['agents.<id>.command', 'agents.<id>.args', 'agents.<id>.env'];

function optionProblem(
  key: string,
  known: readonly string[],
  builtIn: readonly string[],
  plugins: readonly string[],
): string | undefined {
  const about = agentOfKey(key);
  if (about === undefined) return undefined;
  const { id, defines } = about;
  const isBuiltIn = builtIn.includes(id);
  if (defines)
    return isBuiltIn ? `"${key}" has the id of an agent that comes with Coppice; choose another id` : undefined;
  if (!known.includes(id)) return nobody(key, id, known);
  if (isBuiltIn || forCommands.includes(matchKey(key)?.row)) return undefined;
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
