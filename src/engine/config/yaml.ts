/** Reads the text of a settings file: plain values with the position of every key and value. Pure. */
import { Composer, LineCounter, Parser, isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { CST, Node, Pair, YAMLError } from 'yaml';
import type { Path } from '../../core/settings/place.ts';
import { shown } from '../../core/settings/suggest.ts';

/** Line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Something wrong with the YAML itself; `message` is a clause that follows the place. */
export interface YamlProblem {
  readonly at: Position;
  readonly message: string;
}

/** A settings file as plain values that still know where they were written. */
export interface YamlFile {
  /** Maps (without prototype), lists, text, numbers, truth values and null. */
  readonly tree: unknown;
  /** In the order of the file. The tree must not be used unless this is empty. */
  readonly problems: readonly YamlProblem[];
  /** Where a path's key or value stands; of a path that is not there, its nearest parent. */
  locate(path: Path, on: 'key' | 'value'): Position;
}

/** Deeper nesting than any setting has. */
const depthLimit = 20;
/** A broken file is not reported to the last detail. */
const problemLimit = 50;

/**
 * YAML 1.2, core schema, one document. Aliases are refused (a few hundred bytes of them can stand for gigabytes), as are tags
 * and repeated keys.
 */
export function readYaml(text: string): YamlFile {
  const lines = new LineCounter();
  const reader = new Reader(lines);
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = tokens.flatMap((token) => tooDeepAt(token) ?? []);
  for (const offset of deep) reader.note(offset, tooDeep);
  // The composer calls itself for each level, so it never gets to see what is too deep.
  const documents = deep.length > 0 ? [] : [...new Composer(options).compose(tokens, true, text.length)];
  const [document, second] = documents;
  for (const error of document === undefined ? [] : [...document.errors, ...document.warnings]) {
    reader.note(error.pos[0], sentence(error));
  }
  if (second !== undefined) reader.note(second.range[0], 'a settings file is one document; a second one begins here');
  if (document !== undefined && document.directives.yaml.version !== '1.2') {
    reader.note(0, 'settings are YAML 1.2; remove the line that begins with %YAML');
  }
  const tree = reader.problems.length > 0 ? null : reader.value(document?.contents, []);
  return { tree, problems: reader.problems, locate: (path, on) => reader.locate(path, on) };
}

const options = {
  stringKeys: true,
  resolveKnownTags: false,
  // Checked by the reader: the library compares every key with every other one.
  uniqueKeys: false,
} as const;

/** Where the nesting of a token is deeper than any setting, if it is. */
function tooDeepAt(token: CST.Token): number | undefined {
  const open: { readonly token: CST.Token; readonly depth: number }[] = [{ token, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.depth > depthLimit) return next.token.offset;
    const depth = next.depth + 1;
    for (const child of childrenOf(next.token)) open.push({ token: child, depth });
  }
  return undefined;
}

function childrenOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value].filter((each) => each !== undefined && each !== null));
}

class Reader {
  readonly problems: YamlProblem[] = [];
  readonly #lines: LineCounter;
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<string, number>();

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  note(offset: number, message: string): void {
    if (this.problems.length < problemLimit) this.problems.push({ at: this.#position(offset), message });
  }

  value(node: unknown, path: Path): unknown {
    if (!isNode(node)) return null;
    const offset = node.range?.[0] ?? 0;
    this.#values.set(nameOf(path), offset);
    if (isAlias(node)) this.note(offset, 'aliases (*name) are not used in settings; write the value out');
    else if (node.tag !== undefined) this.note(offset, noTags);
    else if (isScalar(node)) return node.value;
    else if (isSeq(node)) return node.items.map((item, index) => this.value(item, [...path, index]));
    else if (isMap(node)) return this.#map(node.items, path);
    return null;
  }

  locate(path: Path, on: 'key' | 'value'): Position {
    for (let length = path.length; length >= 0; length--) {
      const name = nameOf(path.slice(0, length));
      const [first, second] = on === 'key' ? [this.#keys, this.#values] : [this.#values, this.#keys];
      const offset = first.get(name) ?? second.get(name);
      if (offset !== undefined) return this.#position(offset);
    }
    return { line: 1, column: 1 };
  }

  #map(items: readonly Pair[], path: Path): unknown {
    const map = Object.create(null) as Record<string, unknown>;
    for (const { key, value } of items) {
      const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
      if (!isScalar(key) || typeof key.value !== 'string') {
        this.note(offset, plainKey);
        continue;
      }
      if (key.value in map) this.note(offset, 'this key is written twice');
      const here = [...path, key.value];
      this.#keys.set(nameOf(here), offset);
      map[key.value] = this.value(value, here);
    }
    return map;
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

function nameOf(path: Path): string {
  return JSON.stringify(path);
}

/** What the library says may quote the file, and so a secret; where it may, the sentence is ours. */
function sentence({ code, message }: YAMLError): string {
  const ours = sentences[code];
  if (ours !== undefined) return ours;
  const said = code === 'UNEXPECTED_TOKEN' ? message.replace(/: .*$/su, '') : message;
  return `this is not YAML: ${shown(said.replaceAll(/\s+/gu, ' '))}`;
}

const tooDeep = 'the nesting is too deep';
const noTags = 'tags (!name) are not used in settings';
const plainKey = 'a key must be a plain word';
const sentences: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_DIRECTIVE: 'directives (%NAME) are not used in settings',
  BAD_DQ_ESCAPE: 'this escape sequence does not exist in YAML',
  NON_STRING_KEY: plainKey,
  TAG_RESOLVE_FAILED: noTags,
};
