import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { stripTypeScriptTypes } from 'node:module';
import { circlesOf, filesOfTree, neededBy, root } from './tree.ts';

const files = filesOfTree();
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const isText = (text: string) => !text.includes('\0');

/** `path:line: text` of each line that a pattern matches. */
function findings(pattern: RegExp, paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const text = read(path);
    if (!isText(text)) return [];
    return text.split('\n').flatMap((line, index) => {
      const found = pattern.exec(line);
      return found
        ? [`${path}:${index + 1}: ${line.slice(Math.max(0, found.index - 40), found.index + 80).trim()}`]
        : [];
    });
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

describe('the tree', () => {
  const sources = files.filter((path) => path.startsWith('src/') && path.endsWith('.ts'));

  it('has sources to look at', () => assert.ok(sources.length > 20));

  it('has no source of more than 500 lines', () => {
    const long = sources
      .map((path) => `${path}: ${read(path).split('\n').length - 1}`)
      .filter((each) => Number(each.split(': ')[1]) > 500);
    assert.deepEqual(long, []);
  });

  it('has no source that needs itself to be read first', () => {
    const circles = circlesOf(new Map(sources.map((path) => [path, neededBy(path, read(path))])));
    assert.deepEqual(circles, []);
  });

  it('names no path of the machine it was made on', () => {
    const here = escaped(root);
    const shared = String.raw`(?<![\w.~}])/work/(main|shared)\b`;
    assert.deepEqual(findings(new RegExp(`${here}(?![\\w-])|${shared}`), files), []);
  });

  it('names neither this machine nor its user', () => {
    const names = [hostname()].filter((name) => name.length > 5 && name !== 'localhost');
    if (names.length > 0) assert.deepEqual(findings(new RegExp(names.map(escaped).join('|')), files), []);
  });

  it('names no host that packages come from', () => {
    const hosts = /\b([r]egistry\.[a-z0-9-]+\.[a-z]+|[a-z0-9.-]*npmjs\.(org|com)|deb[.]debian[.]org|"resolved":)/;
    assert.deepEqual(findings(hosts, files), []);
  });

  it('has no skipped tests, disabled rules or notes to oneself', () => {
    const own = files.filter((path) => /\.(ts|js|mjs|svelte|sh)$/.test(path) && !path.startsWith('test/meta/'));
    const marks =
      /\beslint-disable|@ts-(ignore|nocheck|expect-error)|\b(TODO|FIXME|XXX|HACK)\b|\b(it|describe|context)\.(skip|only)\b|\bthis\.(skip|retries)\(/;
    assert.deepEqual(findings(marks, own), []);
  });

  it('keeps every offset when types are stripped, so that coverage needs no source maps', () => {
    for (const path of sources) {
      const text = read(path);
      const stripped = stripTypeScriptTypes(text);
      assert.equal(stripped.length, text.length, path);
      assert.equal(lineEnds(stripped), lineEnds(text), path);
    }
  });
});

describe('the search for sources that need themselves', () => {
  it('follows what is read at run time, and no types', () => {
    const text = [
      "import type { A } from './a.ts';",
      "import { type B } from './b.ts';",
      "import { type C, c } from './c.ts';",
      "import {\n  d,\n} from '../d.ts';",
      "export { e } from './e.ts';",
      "import * as path from 'node:path';",
    ].join('\n');
    assert.deepEqual(neededBy('src/x/y.ts', text), ['src/x/c.ts', 'src/d.ts', 'src/x/e.ts']);
  });

  it('finds a way back over any number of files', () => {
    const way = (...pairs: [string, string[]][]) => circlesOf(new Map(pairs));
    assert.deepEqual(way(['a', ['b']], ['b', ['c', 'd']], ['c', []], ['d', ['c']]), []);
    assert.deepEqual(way(['a', ['b']], ['b', ['c']], ['c', ['b', 'a']]), ['a → b → c → b', 'a → b → c → a']);
    assert.deepEqual(way(['a', ['a']]), ['a → a']);
  });
});

function lineEnds(text: string): string {
  return [...text.matchAll(/\n/g)].map(({ index }) => index).join(' ');
}
