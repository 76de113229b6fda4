import type * as vscode from 'vscode';
import type { Commands } from '../commands/door.ts';
import type { EngineLink } from '../engine/link.ts';
import type { Log } from '../log/logger.ts';
import type { Attention } from '../notifications/attention.ts';
import type { SessionsModel } from '../sessions/model.ts';

/** What panels use of the window. */
export interface PanelServices {
  readonly link: EngineLink;
  readonly all: SessionsModel;
  readonly log: Log;
  readonly commands: Commands;
  /** Told which sessions are in view. */
  readonly attention: Attention;
  readonly context: vscode.ExtensionContext;
  /** Data directory of the engine. */
  readonly home: string;
}
