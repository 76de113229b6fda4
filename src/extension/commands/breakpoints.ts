/** Commands on breakpoints, and on permissions that were given for good. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { isCoppiceError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { conditionForms, type ConditionForm } from '../breakpoints/rows.ts';
import { back } from '../quick/back.ts';
import { quietly } from '../new-session/agents.ts';
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
    if (await set(app, path, title, form)) break;
  }
  await vscode.commands.executeCommand('coppice.breakpoints.focus');
};

/** Sets one, asked for until the engine can read what it is about; false when the user goes back. */
async function set(app: App, path: string, title: string, { words, example }: ConditionForm): Promise<boolean> {
  const number = Number(example) > 0;
  for (let value = '', wrong: string | undefined; ;) {
    const typed =
      example === ''
        ? ''
        : await askText({
            ...{ title, value, wrong, canGoBack: true, placeholder: example },
            prompt: number
              ? l10n.t('A number, for example {0}.', example)
              : l10n.t('For example {0}; * is any text, ** also passes folders.', example),
          });
    if (typeof typed !== 'string') return false;
    try {
      await app.link.request('breakpoint/set', { path, condition: `${words} ${typed.trim()}`.trim() });
      return true;
    } catch (error) {
      // Without anything typed there is nothing to correct.
      if (example === '' || !isCoppiceError(error, 'bad-usage')) throw error;
      [value, wrong] = [typed, quietly(error.message, 300)];
    }
  }
}

/** Removes a breakpoint of the view. */
export const removeBreakpoint: Command = (app) => async (given) => {
  await app.link.request('breakpoint/remove', { breakpoint: idIn(given, 'breakpoint') });
};

/** Takes a permission of the view back. */
export const withdrawPermission: Command = (app) => async (given) => {
  await app.link.request('permission/withdraw', { permission: idIn(given, 'permission') });
};

/** The id that a row of the view names. Throws a `CancellationError` without one: nothing is guessed. */
function idIn(given: unknown, name: 'breakpoint' | 'permission'): string {
  const id = (Object(given) as Readonly<Record<string, unknown>>)[name];
  if (typeof id === 'string') return id;
  throw new vscode.CancellationError();
}
