import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { toErrorRecord, type ErrorRecord } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import type { Log } from '../log/logger.ts';
import type { CommandId } from './table.ts';

const messageLimit = 400;

/** Tells what went wrong and what to do next, with a way to the log. Resolves when the user has seen to it. */
export async function tellError(error: unknown, log: Log): Promise<void> {
  if (error instanceof vscode.CancellationError) return;
  const record = toErrorRecord(error);
  log.error(`${record.message} ${record.next}`, error);
  const showLog = l10n.t('Show Log');
  const chosen = await vscode.window.showErrorMessage(errorText(record), showLog);
  const show: CommandId = 'coppice.showLog';
  if (chosen === showLog) await vscode.commands.executeCommand(show);
}

/** What happened and what to do, on one line. */
export function errorText({ message, next }: Pick<ErrorRecord, 'message' | 'next'>): string {
  return oneLine(`${message} ${next}`, messageLimit);
}
