import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { layers } from './rooms.js';

/** @import { Rule } from 'eslint' */
/** @typedef {{ source: string, typeOnly: boolean, room: string, path: string }} Import `path`: the importing file, relative to `src/` */

/** The layer rule: each import of a file under `src/` is looked up in the table of rooms. @type {Rule.RuleModule} */
export const layersRule = {
  meta: { type: 'problem', schema: [], messages: { layer: '{{reason}}' } },
  create(context) {
    const path = relative(join(context.cwd, 'src'), context.filename).split(sep).join('/');
    if (path.startsWith('..')) return {};
    const room = path.split('/')[0] ?? '';
    if (!(room in layers)) {
      return {
        Program(node) {
          context.report({ node, messageId: 'layer', data: { reason: `src/${room} is no room of the design.` } });
        },
      };
    }

    /** @param {Rule.Node} node @param {unknown} source @param {boolean} typeOnly */
    const check = (node, source, typeOnly) => {
      const reason =
        typeof source === 'string'
          ? refusal({ source, typeOnly, room, path })
          : 'An import names its module as a plain string, so that the layers can be checked.';
      if (reason !== undefined) context.report({ node, messageId: 'layer', data: { reason } });
    };

    /** @param {any} node */
    const declaration = (node) => {
      if (node.source) check(node, node.source.value, isTypeOnly(node));
    };
    return {
      ImportDeclaration: declaration,
      ExportNamedDeclaration: declaration,
      ExportAllDeclaration: declaration,
      /** @param {any} node */
      ImportExpression: (node) => {
        check(node, node.source.value, false);
      },
      /** @param {any} node */
      TSImportType: (node) => {
        check(node, node.source?.value ?? node.argument?.literal?.value, true);
      },
    };
  },
};

/** @param {any} node @returns {boolean} */
function isTypeOnly(node) {
  if (node.importKind === 'type' || node.exportKind === 'type') return true;
  const specifiers = node.specifiers ?? [];
  return specifiers.length > 0 && specifiers.every((/** @type {any} */ each) => each.importKind === 'type');
}

/** Why an import is against the rule, or undefined. @param {Import} found @returns {string | undefined} */
function refusal(found) {
  if (found.source.startsWith('.')) return refusedFile(found);
  if (isBuiltin(found.source)) return refusedBuiltin(found);
  const name = found.source.split('/', found.source.startsWith('@') ? 2 : 1).join('/');
  if (layers[found.room]?.packages.includes(name)) return undefined;
  return `src/${found.room} may not import the package '${name}'.`;
}

/** @param {Import} found @returns {string | undefined} */
function refusedFile({ source, typeOnly, room, path }) {
  if (!source.endsWith('.ts')) return `'${source}': a relative import ends in '.ts'.`;
  const target = relative('/src', resolve('/src', dirname(path), source))
    .split(sep)
    .join('/');
  if (target.startsWith('..')) return `'${source}' is outside src/.`;
  const targetRoom = target.split('/')[0] ?? '';
  const allowed = layers[room];
  if (targetRoom === room || allowed?.files?.includes(target)) return undefined;
  if (allowed?.rooms.includes(targetRoom)) {
    const doors = layers[targetRoom]?.doors;
    if (typeOnly || doors === undefined || doors.includes(target)) return undefined;
    return `src/${targetRoom} is entered through ${doors.join(' or ')} only.`;
  }
  if (!allowed?.types?.includes(targetRoom)) return `src/${room} may not import src/${targetRoom}.`;
  return typeOnly ? undefined : `src/${room} may import only types of src/${targetRoom}.`;
}

/** @param {Import} found @returns {string | undefined} */
function refusedBuiltin({ source, room, path }) {
  if (!source.startsWith('node:')) return `Write 'node:${source}'.`;
  const { node = true, processes = false } = layers[room] ?? {};
  if (!node) return `src/${room} does no I/O: '${source}' may not be imported.`;
  if (source !== 'node:child_process') return undefined;
  const allowed = processes instanceof RegExp ? processes.test(path) : processes;
  return allowed ? undefined : `src/${path} may not start processes: that is for git, executors and launch files.`;
}
