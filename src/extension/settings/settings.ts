import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';

/** Settings of the window itself, each with its values; the first one is the default. A test compares them with package.json. */
export const windowSettings = {
  'sessions.show': ['window', 'all'],
  'notifications.needsYou': ['unseen', 'always', 'never'],
  'notifications.ended': ['unseen', 'always', 'never'],
} as const;

export type WindowSetting = keyof typeof windowSettings;
export type ValueOf<K extends WindowSetting> = (typeof windowSettings)[K][number];

/** The value in force; one that is not among the allowed ones (a slip in settings.json) counts as the default. */
export function setting<K extends WindowSetting>(name: K): ValueOf<K> {
  const allowed: readonly ValueOf<K>[] = windowSettings[name];
  const value: unknown = vscode.workspace.getConfiguration('coppice').get(name);
  return allowed.find((each) => each === value) ?? windowSettings[name][0];
}

/** What is wrong with the value of a setting of the window, if anything; then its default is in force. */
export function problemOfWindow(name: WindowSetting): string | undefined {
  const allowed: readonly unknown[] = windowSettings[name];
  const value: unknown = vscode.workspace.getConfiguration('coppice').get(name);
  if (value === undefined || allowed.includes(value)) return undefined;
  return l10n.t('must be one of: {0}', allowed.join(', '));
}
