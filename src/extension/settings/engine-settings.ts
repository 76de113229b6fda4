import * as vscode from 'vscode';
import { variableOf } from '../../core/settings/keys.ts';

/** Settings of the editor that are settings of Coppice too, under the same name with `coppice.` before it. */
export const engineSettingKeys = [] as readonly string[];

/** What the user has set in the editor, as the variables by which a shell would say the same. Defaults are left out. */
export function readEngineSettings(scope?: vscode.ConfigurationScope): Readonly<Record<string, string>> {
  const configuration = vscode.workspace.getConfiguration('coppice', scope);
  const set: Record<string, string> = {};
  for (const key of engineSettingKeys) {
    const value: unknown = configuration.get(key);
    const found = configuration.inspect(key);
    const given = found?.globalValue ?? found?.workspaceValue ?? found?.workspaceFolderValue;
    if (given === undefined || value === undefined || value === '') continue;
    set[variableOf(key)] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  return set;
}
