/** Settings of the editor that mean something to the engine, on their way to it. Pure. */
import * as l10n from '@vscode/l10n';
import { CoppiceError } from '../../core/errors.ts';
import { matchKey, variableOf } from '../../core/settings/keys.ts';
import { travellingKeys, type TravellingKey } from './travelling-keys.ts';

/** What the user has written for a key, if anything. */
export type Given = (key: TravellingKey) => unknown;

/** Where the value in force for a key comes from, as the engine says it: `default`, `not set`, `user: …`, `repository: …`. */
export type SourceOf = (key: TravellingKey) => string | undefined;

/**
 * The editor's settings as the variables by which a shell would say the same. A key that a file of Coppice decides is left out:
 * the order is default, editor, file, environment.
 *
 * @throws CoppiceError `config-invalid`, naming the first setting whose value cannot be used
 */
export function travellingSettings(given: Given, sourceOf: SourceOf): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const key of travellingKeys) {
    const value = given(key);
    if (isUnset(value) || isDecided(sourceOf(key))) continue;
    const problem = problemOf(key, value);
    if (problem !== undefined) throw invalid(key, problem);
    variables[variableOf(key)] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  return variables;
}

/** What is wrong with the value of a key, if anything: `must be a whole number from 1 to 604800`. */
export function problemOf(key: TravellingKey, value: unknown): string | undefined {
  if (isUnset(value)) return undefined;
  const parsed = matchKey(key)?.setting.type.safeParse(value);
  return parsed?.success === false ? (parsed.error.issues[0]?.message ?? l10n.t('cannot be used')) : undefined;
}

/** An empty text says nothing, as an empty variable of a shell does. */
function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isDecided(source: string | undefined): boolean {
  return source !== undefined && /^(user|repository): /u.test(source);
}

/** The error that names a setting of the editor. `context.setting` is its full name. */
function invalid(key: TravellingKey, problem: string): CoppiceError {
  const setting = `coppice.${key}`;
  return new CoppiceError(
    'config-invalid',
    l10n.t('The setting {0} {1}.', setting, problem),
    l10n.t('Correct it in the settings; nothing was started.'),
    { context: { setting } },
  );
}
