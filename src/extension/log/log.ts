import * as vscode from 'vscode';
import type { Log } from './logger.ts';

/** The one output channel of Coppice; the user chooses its level. */
export interface LogChannel extends Log {
  /** Brings the channel to the front. */
  show(): void;
  dispose(): void;
}

/** Makes the channel. */
export function openLog(): LogChannel {
  return vscode.window.createOutputChannel('Coppice', { log: true });
}
