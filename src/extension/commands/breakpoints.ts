/** Commands on breakpoints, and on permissions that were given for good. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { isCoppiceError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import type { StopView } from '../../protocol/breakpoints.ts';
import { breakpointText, conditionForms, formOf, type ConditionForm } from '../breakpoints/rows.ts';
import { back } from '../quick/back.ts';
import { chooseFrom } from '../quick/choose.ts';
import { quietly } from '../new-session/agents.ts';
import { askText, pickOne } from '../quick/quick.ts';
import type { Command } from './command.ts';

/** Coppice: Add Breakpoint… */
export const addBreakpoint: Command = (app) => async () => {
  const title = l10n.t('Add Breakpoint');
  const path = await app.places.choose(title);
  const isSet = await ask(title, async (condition) => app.link.request('breakpoint/set', { path, condition }));
  if (isSet) await vscode.commands.executeCommand('coppice.breakpoints.focus');
};

/** Coppice: Edit Breakpoint… Of the row that it is called on, or of one that is picked: another condition, everything else stays. */
export const editBreakpoint: Command = (app) => async (given) => {
  const title = l10n.t('Edit Breakpoint');
  const { id: breakpoint, condition } = stopIn(given) ?? (await pickBreakpoint(app, title));
  await ask(
    title,
    async (changed) => app.link.request('breakpoint/edit', { breakpoint, condition: changed }),
    condition,
  );
};

type Known = Pick<StopView, 'id' | 'condition'>;

function stopIn(given: unknown): Known | undefined {
  const { stop } = Object(given) as { readonly stop?: Known };
  return typeof stop?.id === 'string' ? stop : undefined;
}

async function pickBreakpoint(app: App, title: string): Promise<Known> {
  const { breakpoints } = await app.link.request('breakpoint/list', { path: await app.places.choose(title) });
  const items = breakpoints.map((stop) => ({ ...breakpointText(stop), tooltip: undefined, stop }));
  return (await chooseFrom(items, { title }, l10n.t('There is no breakpoint yet.'))).stop;
}

/**
 * Asks for a condition until the engine takes it; false when the user leaves. `present` is the one to be changed: what follows its
 * form stands in the box.
 */
async function ask(title: string, give: Give, present?: string): Promise<boolean> {
  const forms = conditionForms();
  const known = forms.find(({ words }) => present === words || present?.startsWith(`${words} `) === true);
  // What no form offers is typed as a whole.
  const first = present === undefined ? undefined : formOf(present, known);
  if (first !== undefined && (await set(title, first, give, present?.slice(first.words.length).trim()))) return true;
  for (;;) {
    const form = await pickOne(
      forms.map((each) => ({ label: each.label, description: each.words, gives: each })),
      {
        ...{ title, placeholder: l10n.t('Hold a session when…') },
        ...(known === undefined ? {} : { active: known }),
      },
    );
    if (form === back) return false;
    if (await set(title, form, give)) return true;
  }
}

type Give = (condition: string) => Promise<unknown>;

/** Sets one, asked for until the engine can read what it is about; false when the user goes back. */
async function set(title: string, { words, example }: ConditionForm, give: Give, present = ''): Promise<boolean> {
  const number = Number(example) > 0;
  for (let value = present, wrong: string | undefined; ;) {
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
      await give(`${words} ${typed.trim()}`.trim());
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
