import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { toErrorRecord, type ErrorRecord } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import type { Log } from '../log/logger.ts';
import { showErrorMessage } from '../messages/messages.ts';
import type { CommandId } from './table.ts';
import { offerFor } from './ways.ts';

const messageLimit = 400;

/** Tells what went wrong and what to do next, with a way to the log. Resolves when the user has seen to it. */
export async function tellError(error: unknown, log: Log): Promise<void> {
  if (error instanceof vscode.CancellationError) return;
  const record = toErrorRecord(error);
  log.error(`${record.message} ${record.next}`, error);
  const actions = actionsFor(record);
  const chosen = await showErrorMessage(errorText(record), ...actions.keys());
  const act = chosen === undefined ? undefined : actions.get(chosen);
  if (act !== undefined) await vscode.commands.executeCommand(...act);
}

type Action = readonly [command: string, ...given: unknown[]];

/** What a person can do about it here, the likeliest first; the log always. */
function actionsFor(record: ErrorRecord): ReadonlyMap<string, Action> {
  const { code, context } = record;
  const own = (id: CommandId): Action => [id];
  const actions = new Map<string, Action>();
  const setting = context?.['setting'];
  if (setting !== undefined) actions.set(l10n.t('Open Settings'), ['workbench.action.openSettings', `@id:${setting}`]);
  else if (code === 'config-invalid') {
    const { file = '', line = '' } = context ?? {};
    actions.set(l10n.t('Open Configuration File'), ['coppice.openConfiguration', file, line]);
    actions.set(l10n.t('Open Guide'), own('coppice.openGuide'));
  }
  if (code === 'agent-missing' || code === 'agent-unusable')
    actions.set(l10n.t('Run Doctor'), own('coppice.runDoctor'));
  const offer = offerFor(record);
  if (offer !== undefined) actions.set(offer[0], [offer[1], context]);
  return actions.set(l10n.t('Show Log'), own('coppice.showLog'));
}

/** What happened and what to do, on one line. */
export function errorText({ message, next }: Pick<ErrorRecord, 'message' | 'next'>): string {
  return oneLine(`${message} ${next}`, messageLimit);
}
