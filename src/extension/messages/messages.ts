/** The one door to the messages of VS Code: what is said through it is text, whoever wrote it. */
import * as vscode from 'vscode';
import { plain } from './plain.ts';

/** A message, not modal unless its options say so; gives the button that was pressed. */
export const showInformationMessage = through('showInformationMessage');
/** As `showInformationMessage`, for what a person should look at. */
export const showWarningMessage = through('showWarningMessage');
/** As `showInformationMessage`, for what has failed. */
export const showErrorMessage = through('showErrorMessage');

interface Show {
  <T extends string>(message: string, ...buttons: readonly T[]): Promise<T | undefined>;
  <T extends string>(message: string, options: vscode.MessageOptions, ...buttons: readonly T[]): Promise<T | undefined>;
}

function through(kind: 'showInformationMessage' | 'showWarningMessage' | 'showErrorMessage'): Show {
  return async <T extends string>(message: string, first?: T | vscode.MessageOptions, ...more: readonly T[]) => {
    const text = plain(message);
    if (typeof first === 'object') return vscode.window[kind](text, first, ...more);
    return vscode.window[kind](text, ...(first === undefined ? [] : [first]), ...more);
  };
}
