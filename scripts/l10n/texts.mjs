/**
 * Finds the texts of the extension and its panels: the first argument of every `l10n.t(…)` in src/extension, and of every `t(…)`
 * in webview/, components included.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'svelte/compiler';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where there are texts, and how they are asked for there. */
const places = [
  { folder: join(root, 'src', 'extension'), asks: /^(vscode\.)?l10n\.t$/ },
  { folder: join(root, 'webview'), asks: /^t$/ },
];

/** Every text with itself as its translation, sorted. @returns {Promise<Record<string, string>>} */
export async function bundleOf() {
  /** @type {Set<string>} */
  const texts = new Set();
  for (const { folder, asks } of places) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(ts|svelte)$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      for (const text of textsIn(path, await readFile(path, 'utf8'), asks)) texts.add(text);
    }
  }
  return Object.fromEntries([...texts].sort().map((text) => [text, text]));
}

/**
 * The texts of one source; one that is not a plain string cannot be translated and is an error.
 * @param {string} path @param {string} source @param {RegExp} asks what asks for a text, as it is written
 * @returns {string[]}
 */
export function textsIn(path, source, asks = /^(vscode\.)?l10n\.t$/) {
  return path.endsWith('.svelte') ? inComponent(path, source, asks) : inTypeScript(path, source, asks);
}

/** @param {string} path @param {string} source @param {RegExp} asks */
function inTypeScript(path, source, asks) {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  /** @type {string[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isCallExpression(node) && asks.test(node.expression.getText(file))) {
      const [text] = node.arguments;
      if (text === undefined || !ts.isStringLiteralLike(text))
        throw notPlain(path, file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1);
      found.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** @typedef {Record<string, unknown> & { start: number, end: number, type: string }} Node */

/** The script and the markup of a component. @param {string} path @param {string} source @param {RegExp} asks */
function inComponent(path, source, asks) {
  /** @type {string[]} */
  const found = [];
  /** @param {unknown} value */
  const visit = (value) => {
    if (typeof value !== 'object' || value === null) return;
    const node = /** @type {Node} */ (value);
    if (node.type === 'CallExpression') {
      const callee = /** @type {Node} */ (node['callee']);
      if (asks.test(source.slice(callee.start, callee.end))) {
        const [text] = /** @type {Node[]} */ (node['arguments']);
        if (text?.type !== 'Literal' || typeof text['value'] !== 'string')
          throw notPlain(path, source.slice(0, node.start).split('\n').length);
        found.push(text['value']);
      }
    }
    for (const each of Object.values(value)) visit(each);
  };
  const { fragment, instance, module } = parse(source, { modern: true, filename: path });
  visit([fragment, instance, module]);
  return found;
}

/** @param {string} path @param {number} line */
function notPlain(path, line) {
  return new Error(`${path}:${line}: a text that is translated is a plain string.`);
}
