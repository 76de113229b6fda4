import * as vscode from 'vscode';
import type { Log } from './logger.ts';

/** The one output channel of Coppice; the user chooses its level. */
export interface LogChannel extends Log {
  /** Brings the channel to the front. */
  show(): void;
  dispose(): void;
}

/**
 * Makes the channel. A closed one takes nothing more, where VS Code's own would throw: what comes to its end after the window has
 * done so must not be kept from it.
 */
export function openLog(): LogChannel {
  const channel = vscode.window.createOutputChannel('Coppice', { log: true });
  let open = true;
  const unlessClosed =
    <A extends unknown[]>(write: (...args: A) => void) =>
    (...args: A): void => {
      if (open) write(...args);
    };
  return {
    trace: unlessClosed((message: string, ...facts) => channel.trace(message, ...facts)),
    debug: unlessClosed((message: string, ...facts) => channel.debug(message, ...facts)),
    info: unlessClosed((message: string, ...facts) => channel.info(message, ...facts)),
    warn: unlessClosed((message: string, ...facts) => channel.warn(message, ...facts)),
    error: unlessClosed((message: string | Error, ...facts) => channel.error(message, ...facts)),
    show: unlessClosed(() => channel.show()),
    dispose: () => {
      open = false;
      channel.dispose();
    },
  };
}
