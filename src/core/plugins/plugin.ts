/** Agents and executors of the user's own, each in a file of its own. Pure: a file's content in, what it defines or what is wrong with it out. */
import type { Locate, Place, Problem } from '../settings/place.ts';
import { meaning, nearest, shown } from '../settings/suggest.ts';
import {
  agentIdPattern,
  customAgent,
  line,
  wrapExecutor,
  type CustomAgent,
  type WrapExecutor,
} from '../settings/types.ts';
import { isMap, parse } from '../settings/value.ts';

/** The version of the format of plugins; a file says which one it was written for (`coppice: 1`). */
export const pluginFormat = 1;

/** What a plugin file is about, as far as it could be told. */
export type PluginKind = 'agent' | 'executor';

/** What a plugin defines. `version` is its own. */
export type Plugin = { readonly id: string; readonly version: string } & (
  | { readonly kind: 'agent'; readonly agent: CustomAgent }
  | { readonly kind: 'executor'; readonly executor: WrapExecutor }
);

/** Why a plugin is not used, as a clause that follows its place, and what to do, as a sentence. */
export interface Refusal {
  readonly id: string;
  readonly kind: PluginKind | undefined;
  readonly place: Place;
  readonly reason: string;
  readonly fix: string;
}

const sections = ['agent', 'executor'] as const;
const keys = ['coppice', 'version', ...sections];

/** Reads the plugin that is called `id` (the name of its file). `taken` are the ids of agents that come with Coppice. */
export function readPlugin(id: string, tree: unknown, locate: Locate, taken: readonly string[]): Plugin | Refusal {
  if (!isMap(tree)) return refusal(id, undefined, { place: locate([], 'value'), reason: 'it must be a map' });
  const found = sections.filter((name) => Object.hasOwn(tree, name));
  const kind = found.length === 1 ? found[0] : undefined;
  const trouble = formTrouble(tree, locate) ?? nameTrouble(id, kind, locate([], 'value'), taken);
  if (trouble !== undefined) return refusal(id, kind, trouble);
  if (kind === undefined)
    return refusal(id, kind, {
      place: locate([], 'value'),
      reason: 'it must define either `agent` or `executor`',
    });
  return defined(id, kind, tree, locate);
}

function defined(id: string, kind: PluginKind, tree: Readonly<Record<string, unknown>>, locate: Locate) {
  const version = parse({ ...plain, type: line }, 'version', tree['version'], locate);
  if (!version.ok) return refusal(id, kind, troubleOf(version.problems, locate));
  const type = kind === 'agent' ? customAgent : wrapExecutor;
  const body = parse({ ...plain, type }, kind, tree[kind], (path, on) => locate([kind, ...path], on));
  if (!body.ok) return refusal(id, kind, troubleOf(body.problems, locate));
  const shared = { id, version: String(version.value) };
  // Both were parsed by the type of their kind.
  return kind === 'agent'
    ? { ...shared, kind, agent: body.value as CustomAgent }
    : { ...shared, kind, executor: body.value as WrapExecutor };
}

interface Trouble {
  readonly place: Place;
  readonly reason: string;
  readonly fix?: string;
}

function refusal(id: string, kind: PluginKind | undefined, trouble: Trouble): Refusal {
  return { id, kind, fix: 'Correct the file.', ...trouble };
}

function troubleOf([first]: readonly Problem[], locate: Locate): Trouble {
  return { place: first?.place ?? locate([], 'value'), reason: first?.message ?? 'it cannot be used' };
}

/** Before anything else it is asked for which version it was written: another one may know other fields. */
function formTrouble(tree: Readonly<Record<string, unknown>>, locate: Locate): Trouble | undefined {
  const format = formatProblem(tree['coppice']);
  if (format !== undefined) {
    const [reason, fix] = format;
    return { place: locate(['coppice'], 'value'), reason, fix };
  }
  const stray = Object.keys(tree).find((key) => !keys.includes(key));
  if (stray === undefined) return undefined;
  const reason = `a plugin has no field "${shown(stray)}"${meaning(nearest(stray, keys))}`;
  return { place: locate([stray], 'key'), reason };
}

function nameTrouble(id: string, kind: PluginKind | undefined, place: Place, taken: readonly string[]) {
  const fix = 'Rename the file.';
  if (!agentIdPattern.test(id))
    return { place, reason: 'its name is the id, which has small letters, digits and hyphens', fix };
  if (kind !== 'agent' || !taken.includes(id)) return undefined;
  return { place, reason: `an agent with the id "${id}" comes with Coppice`, fix };
}

const plain = { scope: 'user' } as const;

function formatProblem(format: unknown): [reason: string, fix: string] | undefined {
  if (format === pluginFormat) return undefined;
  if (typeof format !== 'number' || !Number.isInteger(format) || format < 1)
    return [
      'it does not say for which version of plugins it was written',
      `Begin it with \`coppice: ${pluginFormat}\`.`,
    ];
  return [
    `it was written for version ${format} of plugins; this Coppice knows version ${pluginFormat}`,
    'Update Coppice, or get the plugin for this version.',
  ];
}
