/** Where settings are written, and what can be wrong with them. */

/** Where something was written. Lines and columns count from 1. */
export interface Place {
  readonly source: 'default' | 'user' | 'repository' | 'environment' | 'flag';
  /** Path of the file, name of the variable or of the flag. */
  readonly name: string;
  readonly line?: number;
  readonly column?: number;
}

/** Something wrong with what was written at a place. `key` is the full key, empty for the file as a whole. */
export interface Problem {
  readonly place: Place;
  readonly key: string;
  /** Follows the place: `unknown setting "limit"; did you mean "limits"?`. Never quotes a text value: it may be a secret. */
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** Finds the place of a path in a file: of the key itself or of its value. */
export type Locate = (path: Path, on: 'key' | 'value') => Place;

/** The place as a person reads it: `config.yaml:3:5`, `COPPICE_LIMITS_RUNNING`. */
export function placeText(place: Place): string {
  if (place.line === undefined) return place.name;
  return `${place.name}:${place.line}:${place.column ?? 1}`;
}
