/** What of the editor goes along with a prompt. Pure. */

/** A piece of a file. Lines count from 1. */
export interface Selected {
  /** Relative to the repository. */
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** VS Code's id of the language. */
  readonly language: string;
}

/** The selection as the agent reads it: where it is, and its text in a fence that the text cannot close. */
export function selectionText({ path, from, to, text, language }: Selected): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/gu)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const lines = from === to ? `${path}:${from}` : `${path}:${from}-${to}`;
  return `${lines}\n\n${fence}${/^[\w+#-]+$/u.test(language) ? language : ''}\n${text.replace(/\n$/u, '')}\n${fence}`;
}

/** What goes along in a line, without the text itself: `src/a.ts:3-5`, `a.md, b.md`. */
export function contextLine(context: string): string {
  const [where = ''] = context.split('\n\n', 1);
  return where
    .split('\n')
    .map((line) => line.replace(/^- /u, ''))
    .join(', ');
}

/** The files as a list of paths relative to the repository. */
export function filesText(paths: readonly string[]): string {
  return paths.map((path) => `- ${path}`).join('\n');
}
