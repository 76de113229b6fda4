/** Commands on breakpoints, and on permissions that were given for good. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { conditionForms } from '../breakpoints/rows.ts';
import { back } from '../quick/back.ts';
import { askText, pickOne } from '../quick/quick.ts';
import type { Command } from './command.ts';

/** Coppice: Add Breakpoint… */
export const addBreakpoint: Command = (app) => async () => {
  const title = l10n.t('Add Breakpoint');
  const path = await app.places.choose(title);
  for (;;) {
    const form = await pickOne(
      conditionForms().map((each) => ({ label: each.label, description: each.words, gives: each })),
      { title, placeholder: l10n.t('Hold a session when…') },
    );
    if (form === back) return;
    const rest =
      form.example === ''
        ? ''
        : await askText({
            title,
            canGoBack: true,
            placeholder: form.example,
            prompt: l10n.t('For example {0}; * is any text, ** also passes folders.', form.example),
            check: (typed) => (typed.trim() === '' ? l10n.t('Write what it is about.') : undefined),
          });
    if (typeof rest !== 'string') continue;
    await app.link.request('breakpoint/set', { path, condition: `${form.words} ${rest.trim()}`.trim() });
    await vscode.commands.executeCommand('coppice.breakpoints.focus');
    return;
  }
};

/** Removes a breakpoint of the view. */
export const removeBreakpoint: Command = (app) => async (given) => {
  const breakpoint = idIn(given, 'breakpoint');
  if (breakpoint !== undefined) await app.link.request('breakpoint/remove', { breakpoint });
};

/** Takes a permission of the view back. */
export const withdrawPermission: Command = (app) => async (given) => {
  const permission = idIn(given, 'permission');
  if (permission !== undefined) await app.link.request('permission/withdraw', { permission });
};

/** The id that a row of the view names; without one the view is shown, to choose there. */
function idIn(given: unknown, name: 'breakpoint' | 'permission'): string | undefined {
  const row = typeof given === 'object' && given !== null ? (given as Readonly<Record<string, unknown>>) : {};
  const id = row[name];
  if (typeof id === 'string') return id;
  throw new vscode.CancellationError();
}
