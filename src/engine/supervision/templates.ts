/** Where the templates of prompts come from. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError, systemCode } from '../../core/errors.ts';
import { fill, readTemplate, type Made } from '../../core/supervision/template.ts';

export const templateNames = ['continue', 'escalate', 'check', 'review'] as const;
export type TemplateName = (typeof templateNames)[number];

/** The variables that each template may use. */
export const variables = {
  prompt: ['goal', 'criteria', 'reason', 'error', 'attempt', 'attempts', 'files', 'changes'],
  review: ['goal', 'criteria', 'files', 'changes', 'words', 'key'],
} as const;

/** Below the main checkout of a repository; what an agent writes in its worktree is never read. */
export const ownTemplates = join('.coppice', 'prompts');

/** The text of a template: the repository's own (`.coppice/prompts/<name>.md`) if there is one, else the shipped one. */
export async function templateText(shipped: string, root: string, name: TemplateName): Promise<string> {
  try {
    return await readFile(join(root, ownTemplates, `${name}.md`), 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error;
    return readFile(join(shipped, `prompt-${name}.md`), 'utf8');
  }
}

/** The filled template. @throws CoppiceError `config-invalid`: a mistake in a template is its author's to mend. */
export function filled(text: string, name: TemplateName, values: Readonly<Record<string, string>>): string {
  const template = readTemplate(text, name === 'review' ? variables.review : variables.prompt);
  const made: Made<string> = template.ok ? fill(template.value, values) : template;
  if (made.ok) return made.value;
  throw new CoppiceError(
    'config-invalid',
    `The template ${name} cannot be used: ${made.problem}`,
    `Mend ${join(ownTemplates, `${name}.md`)}, or remove it to use the one that comes with Coppice.`,
  );
}
