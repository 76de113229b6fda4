/**
 * The text as VS Code shows it in a message or below an input: there `[words](command:…)` becomes a link that runs a command, and
 * text of an agent or a repository is never markup. Pure.
 */
export function plain(text: string): string {
  return text.replaceAll('](', '] (');
}
