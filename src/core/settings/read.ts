/** Reads one source of settings: a file's content, an environment, flags. Pure; finds every problem, not only the first. */
import { definition, endsAt, follow, isFamily, keyFor, matchKey, root, variableOf } from './keys.ts';
import type { Locate, Place, Problem } from './place.ts';
import { meaning, nearest, shown } from './suggest.ts';
import { settingKeys, settingOf, table, type Setting, type SettingKey } from './table.ts';
import { fromText, isMap, isNothing, kindOf, parse } from './value.ts';

/** A value that its type has accepted, and where it was written. */
export interface Given {
  readonly value: unknown;
  readonly place: Place;
}

/** What one source says, by full key. */
export interface Layer {
  readonly values: ReadonlyMap<string, Given>;
  readonly problems: readonly Problem[];
}

export const emptyLayer: Layer = { values: new Map(), problems: [] };

/** Reads the content of a settings file (plain maps, lists and scalars). */
export function readTree(tree: unknown, file: 'user' | 'repository', locate: Locate): Layer {
  const values = new Map<string, Given>();
  const problems: Problem[] = [];
  const visit = (node: unknown, path: readonly string[], rows: readonly SettingKey[]): void => {
    if (!isMap(node)) {
      if (isNothing(node)) return;
      const what =
        path.length === 0 ? 'a settings file must be a map' : `"${path.join('.')}" must be a map of settings`;
      problems.push({ place: locate(path, 'value'), key: path.join('.'), message: `${what}, not ${kindOf(node)}` });
      return;
    }
    for (const [name, value] of Object.entries(node)) {
      const here = [...path, name];
      const step = follow(rows, path.length, name);
      const row = endsAt(step.rows, here.length);
      if (step.rows.length === 0) problems.push(unknownKey(here, step.known, locate(here, 'key')));
      else if (row === undefined) visit(value, here, step.rows);
      else take(value, here, row);
    }
  };
  const take = (value: unknown, path: readonly string[], row: SettingKey): void => {
    const key = path.join('.');
    const setting = settingOf(row);
    if (setting.scope !== 'both' && setting.scope !== file) {
      problems.push({ place: locate(path, 'key'), key, message: `"${key}" ${refusal(setting.scope)}` });
      return;
    }
    const read = parse(setting, key, value, (below, on) => locate([...path, ...below], on));
    if (read.ok) values.set(key, { value: read.value, place: locate(path, 'value') });
    else problems.push(...read.problems);
  };
  visit(tree, [], root);
  return { values, problems };
}

/**
 * Reads `COPPICE_…` variables. `agents` are the ids that variables of families may name, `others` the variables with this
 * prefix that are no settings. A variable that is neither is a problem; an empty one counts as not set.
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  agents: readonly string[],
  others: readonly string[],
): Layer {
  const given = Object.entries(env).flatMap(([name, text]) =>
    name.startsWith('COPPICE_') && text !== undefined && text !== '' && !others.includes(name)
      ? [[name, text] as const]
      : [],
  );
  // Settings are read for every step of a session, and hardly any shell sets one.
  if (given.length === 0) return emptyLayer;
  const known = new Map<string, { key: string; row: SettingKey }>();
  for (const row of settingKeys) {
    // A definition is not for a variable: `…_CUSTOM_A_MODEL` could be the agent `a-model` or the model of `custom-a`.
    if (row === definition) continue;
    const keys = isFamily(row) ? agents.map((id) => keyFor(row, id)) : [row];
    for (const key of keys) known.set(variableOf(key), { key, row });
  }
  const values = new Map<string, Given>();
  const problems: Problem[] = [];
  for (const [name, text] of given) {
    const place: Place = { source: 'environment', name };
    const target = known.get(name);
    if (target === undefined) {
      const suggestion = meaning(nearest(name, known.keys()));
      problems.push({ place, key: name, message: `this variable is not a setting of Coppice${suggestion}` });
      continue;
    }
    collect(target.key, table[target.row], fromText(table[target.row], text), place, values, problems);
  }
  return { values, problems };
}

/** Reads settings that come with a request, by full key. Text is read as in a variable. */
export function readFlags(flags: Readonly<Record<string, unknown>>): Layer {
  const values = new Map<string, Given>();
  const problems: Problem[] = [];
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const place: Place = { source: 'flag', name: key };
    const match = matchKey(key);
    if (match === undefined) problems.push(unknownKey(key.split('.'), settingKeys, place));
    else {
      const given = typeof value === 'string' ? fromText(match.setting, value) : value;
      collect(key, match.setting, given, place, values, problems);
    }
  }
  return { values, problems };
}

function collect(
  key: string,
  setting: Setting,
  value: unknown,
  place: Place,
  values: Map<string, Given>,
  problems: Problem[],
): void {
  const read = parse(setting, key, value, () => place);
  if (read.ok) values.set(key, { value: read.value, place });
  else problems.push(...read.problems);
}

function unknownKey(path: readonly string[], known: readonly string[], place: Place): Problem {
  const key = path.join('.');
  const last = path.at(-1) ?? '';
  if (place.source !== 'flag' && last.includes('.') && matchKey(key) !== undefined) {
    return {
      place,
      key,
      message: `"${shown(key)}" is written on one line; write each part below the one before, indented`,
    };
  }
  const word = nearest(place.source === 'flag' ? key : last, known);
  const suggestion = word === undefined || place.source === 'flag' ? word : [...path.slice(0, -1), word].join('.');
  return { place, key, message: `unknown setting "${shown(key)}"${meaning(suggestion)}` };
}

function refusal(scope: 'user' | 'repository'): string {
  return scope === 'user'
    ? 'cannot be set by a repository; set it in config.yaml of the data directory'
    : 'belongs to a repository; set it in .coppice.yaml at its root';
}
