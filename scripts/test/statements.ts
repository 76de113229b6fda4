import ts from 'typescript';

/**
 * The lines of a TypeScript source on which a statement begins that does something when run: what line coverage is measured
 * over. Types, imports, braces, comments and blank lines are none of them, so they cannot make the figure look better.
 *
 * @returns line numbers, from 1
 */
export function statementLines(path: string, text: string): ReadonlySet<number> {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lines = new Set<number>();
  const add = (node: ts.Node) => lines.add(source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1);
  const visit = (node: ts.Node): void => {
    if (isErased(node)) return;
    if (does(node)) add(node);
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) add(node.body);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, visit);
  return lines;
}

function isErased(node: ts.Node): boolean {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeNode(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true;
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false)
  );
}

function does(node: ts.Node): boolean {
  if (ts.isPropertyDeclaration(node)) return node.initializer !== undefined;
  if (ts.isBlock(node) || ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return false;
  return ts.isStatement(node) && !ts.isEmptyStatement(node);
}
