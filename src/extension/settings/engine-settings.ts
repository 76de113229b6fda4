import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { isCoppiceError } from '../../core/errors.ts';
import { settingVariables } from '../../core/environment.ts';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { requester, type Requester } from '../engine/requester.ts';
import { showWarningMessage } from '../messages/messages.ts';
import { problemOfWindow, windowSettings, type WindowSetting } from './settings.ts';
import { travellingKeys, type TravellingKey } from './travelling-keys.ts';

/**
 * Who asks, with the settings of the editor for a repository. A value in a file of Coppice, or in the environment, wins over the
 * editor's.
 *
 * @param path the repository, or a folder in it
 * @throws CoppiceError `config-invalid` for a setting of the editor that cannot be used
 */
export async function requesterFor({ link }: Pick<App, 'link'>, path: string): Promise<Required<Requester>> {
  const given = givenIn(path);
  if (travellingKeys.every((key) => given(key) === undefined)) return requester(process.env);
  const [sources, { travellingSettings }] = await Promise.all([sourcesAt(link, path), import('./travelling.ts')]);
  return requester(
    process.env,
    travellingSettings(given, (key) => sources.get(key)),
  );
}

/** Says at once, and not only when work is to start, that a setting cannot be used. */
export const settingsCheck: Contribution = {
  name: 'Check of the settings',
  register: (app) =>
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration('coppice')) return;
      tellWrong(change).catch((error: unknown) => app.log.error('A problem with a setting could not be told.', error));
    }),
};

async function tellWrong(change: vscode.ConfigurationChangeEvent): Promise<void> {
  const wrong = (await problems()).find(([name]) => change.affectsConfiguration(name));
  if (wrong !== undefined) await tell(...wrong);
}

/** Settings that cannot be used, by their full names, each with what is wrong with it. */
async function problems(): Promise<readonly (readonly [name: string, problem: string])[]> {
  const { problemOf } = await import('./travelling.ts');
  const given = givenIn(undefined);
  const found = [
    ...(Object.keys(windowSettings) as WindowSetting[]).map((name) => [name, problemOfWindow(name)] as const),
    ...travellingKeys.map((key) => [key, problemOf(key, given(key))] as const),
  ];
  return found.flatMap(([name, problem]) => (problem === undefined ? [] : [[`coppice.${name}`, problem] as const]));
}

async function tell(name: string, problem: string): Promise<void> {
  const open = l10n.t('Open Settings');
  const text = l10n.t('The setting {0} {1}.', name, problem);
  if ((await showWarningMessage(text, open)) === open) await openSetting(name);
}

/** Opens the settings at one of them. */
export async function openSetting(name: string): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openSettings', `@id:${name}`);
}

/** What the user wrote, most particular first; defaults of the manifest are the engine's own and say nothing. */
function givenIn(path: string | undefined): (key: TravellingKey) => unknown {
  const scope = path === undefined || path === '' ? undefined : vscode.Uri.file(path);
  const configuration = vscode.workspace.getConfiguration('coppice', scope);
  return (key) => {
    const found = configuration.inspect<unknown>(key);
    return found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
  };
}

/** In a repository that is not trusted its file is not read, so the user's own decides. */
async function sourcesAt(link: App['link'], path: string): Promise<ReadonlyMap<string, string>> {
  const where = path === '' ? {} : { path };
  const { settings } = await link.request('config/show', where).catch((error: unknown) => {
    if (isCoppiceError(error, 'config-invalid')) throw error;
    return link.request('config/show', {});
  });
  const { variableOf } = await import('../../core/settings/keys.ts');
  const shell = new Set(Object.keys(settingVariables(process.env)));
  return new Map(settings.filter(({ key }) => !shell.has(variableOf(key))).map(({ key, source }) => [key, source]));
}
