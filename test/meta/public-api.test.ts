import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { filesOfTree, root } from './tree.ts';

const sources = filesOfTree().filter((path) => path.startsWith('src/') && path.endsWith('.ts'));

describe('the public API', () => {
  it('has a doc comment on every exported function, class and interface', () => {
    const bare = sources.flatMap((path) => undocumented(path, readFileSync(join(root, path), 'utf8')));
    assert.equal(bare.length, 0, `${bare.length} without a doc comment:\n${bare.join('\n')}`);
  });

  it('is told from what is private, and documented from bare', () => {
    const text = [
      '/** Says why. */\nexport function a() {}',
      'export function b() {}',
      'function c() {}',
      'export class D {}',
      '// not a doc comment\nexport interface E {}',
      '/** Says why. */\nexport abstract class F {}',
      'export const g = () => 1;',
      'export const h = 1;',
      'class I {}\nexport { I };',
      '/** */\nexport function j() {}',
      '/** One. */\nexport function k(x: 1): 1;\nexport function k(x: 2): 2;\nexport function k(x: unknown) { return x; }',
    ].join('\n');
    assert.deepEqual(
      undocumented('x.ts', text).map((each) => each.split(' ')[1]),
      ['b', 'D', 'E', 'g', 'I', 'j'],
    );
  });
});

/** `path:line name` of each exported function (also as a constant), class and interface without a doc comment. */
function undocumented(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const exportedByList = new Set(source.statements.flatMap(namesInExportList));
  const documented = new Set<string>();
  const found = new Map<string, string>();
  for (const statement of source.statements) {
    for (const name of namesOf(statement)) {
      if (!isExported(statement) && !exportedByList.has(name)) continue;
      const line = source.getLineAndCharacterOfPosition(statement.getStart(source)).line + 1;
      if (hasDocComment(statement)) documented.add(name);
      else if (!found.has(name)) found.set(name, `${path}:${line} ${name}`);
    }
  }
  return [...found].filter(([name]) => !documented.has(name)).map(([, place]) => place);
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) {
    return [statement.name?.text ?? 'default'];
  }
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name, initializer }) => {
    const isFunction = initializer && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer));
    return isFunction && ts.isIdentifier(name) ? [name.text] : [];
  });
}

function namesInExportList(statement: ts.Statement): string[] {
  if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier || !statement.exportClause) return [];
  if (!ts.isNamedExports(statement.exportClause)) return [];
  return statement.exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
}

function isExported(statement: ts.Statement): boolean {
  if (!ts.canHaveModifiers(statement)) return false;
  return ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

function hasDocComment(statement: ts.Statement): boolean {
  return ts.getJSDocCommentsAndTags(statement).some((doc) => doc.getText().replaceAll(/[/*\s]/g, '') !== '');
}
