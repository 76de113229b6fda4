import * as vscode from 'vscode';
import { showInformationMessage } from '../messages/messages.ts';

/** What a person answered. Throws a `CancellationError` when the question was closed without an answer. */
export function answerIn<T>(answer: T | undefined): T {
  if (answer === undefined) throw new vscode.CancellationError();
  return answer;
}

/** One of the items; where there is none, `none` is told. Throws a `CancellationError` when nothing is chosen. */
export async function chooseFrom<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: vscode.QuickPickOptions,
  none = '',
): Promise<T> {
  if (items.length > 0) return answerIn(await vscode.window.showQuickPick(items, options));
  await showInformationMessage(none);
  throw new vscode.CancellationError();
}
