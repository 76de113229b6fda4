import { unknown, type Flow } from './text.ts';

/** One command as the shell would run it, its words expanded as far as can be told. */
export interface Invocation {
  /** The program without its directory. */
  readonly name: string;
  /** The word that named it. */
  readonly word: string;
  readonly args: readonly string[];
  /** Variables set for this command alone. */
  readonly environment: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly stdin: Flow;
  /** Files that redirections read and write. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** The command line for a sentence. */
export function lineOf({ name, args }: Invocation): string {
  return [name, ...args].join(' ');
}

/** The name under which a program is known: without its directory. */
export function programOf(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}

/** Options and operands of a command. Clusters of short options are taken apart; the values of options stand with them. */
export interface Parsed {
  readonly options: ReadonlySet<string>;
  readonly values: readonly { readonly option: string; readonly value: string }[];
  readonly operands: readonly string[];
}

/**
 * Tells options from operands. `valued` are the options that take the next word as their value (`-C`, `--file`). With
 * `stop` everything from the first operand on is an operand, as in `env A=b rm -rf x`.
 */
export function parsed(args: readonly string[], valued: readonly string[] = [], stop = false): Parsed {
  const options = new Set<string>();
  const values: { option: string; value: string }[] = [];
  const operands: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i] ?? '';
    if (word === '--' || (stop && !isOption(word))) {
      operands.push(...args.slice(word === '--' ? i + 1 : i));
      break;
    }
    if (!isOption(word)) operands.push(word);
    else if (take(word, args[i + 1], valued, options, values)) i += 1;
  }
  return { options, values, operands };
}

function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}

/** True when the option took the next word as its value. */
function take(
  word: string,
  next: string | undefined,
  valued: readonly string[],
  options: Set<string>,
  values: { option: string; value: string }[],
): boolean {
  const equals = word.indexOf('=');
  if (word.startsWith('--')) {
    const option = equals === -1 ? word : word.slice(0, equals);
    options.add(option);
    if (equals !== -1) values.push({ option, value: word.slice(equals + 1) });
    else if (valued.includes(option)) values.push({ option, value: next ?? unknown });
    return equals === -1 && valued.includes(option);
  }
  // Many programs take long options with one dash.
  options.add(word);
  if (valued.includes(word)) {
    values.push({ option: word, value: next ?? unknown });
    return true;
  }
  for (let i = 1; i < word.length; i += 1) {
    const option = `-${word[i] ?? ''}`;
    options.add(option);
    if (!valued.includes(option)) continue;
    const rest = word.slice(i + 1);
    values.push({ option, value: rest === '' ? (next ?? unknown) : rest });
    return rest === '';
  }
  return false;
}

/** Whether one of the options is set. */
export function has({ options }: Parsed, ...wanted: readonly string[]): boolean {
  return wanted.some((each) => options.has(each));
}

/** The values of one of the options. */
export function valuesOf({ values }: Parsed, ...wanted: readonly string[]): string[] {
  return values.filter(({ option }) => wanted.includes(option)).map(({ value }) => value);
}
