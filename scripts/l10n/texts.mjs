/** Finds the texts of the extension: the first argument of every `l10n.t(…)`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every text with itself as its translation, sorted. @returns {Promise<Record<string, string>>} */
export async function bundleOf(folder = join(root, 'src', 'extension')) {
  /** @type {Set<string>} */
  const texts = new Set();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    for (const text of textsIn(path, await readFile(path, 'utf8'))) texts.add(text);
  }
  return Object.fromEntries([...texts].sort().map((text) => [text, text]));
}

/** The texts of one source; one that is not a plain string cannot be translated and is an error. @param {string} path @param {string} source */
export function textsIn(path, source) {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  /** @type {string[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isCallExpression(node) && /^(vscode\.)?l10n\.t$/.test(node.expression.getText(file))) {
      const [text] = node.arguments;
      if (text === undefined || !ts.isStringLiteralLike(text)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
        throw new Error(`${path}:${line + 1}: the text of l10n.t(…) is a plain string.`);
      }
      found.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
