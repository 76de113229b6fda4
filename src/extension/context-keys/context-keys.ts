import * as vscode from 'vscode';
import type { Log } from '../log/logger.ts';

/** The context keys that `when` clauses in package.json may use, each with the type of its value. */
export interface KeyValues {
  /** What the window has open. */
  'coppice.place': 'noFolder' | 'noGit' | 'ready' | 'unknown';
  /** Every repository of the window is trusted, and there is one. */
  'coppice.repositoryTrusted': boolean;
  /** How it stands with the engine. */
  'coppice.engine': 'idle' | 'connecting' | 'connected' | 'away';
  /** There is a session in this window. */
  'coppice.hasSessions': boolean;
  /** There is something to decide. */
  'coppice.needsYou': boolean;
  /** Something that waited for a person in this window waits no more, wherever it was answered. */
  'coppice.decided': boolean;
  /** There is, or was, a session of the demo agent in this window. */
  'coppice.demoStarted': boolean;
  /** There is, or was, a session of another agent in this window, or one that was begun with New Session. */
  'coppice.sessionStarted': boolean;
  /** The walkthrough may be open; set after it was opened. */
  'coppice.walkthroughOpen': boolean;
  /** An agent is at work. */
  'coppice.running': boolean;
  /** A session waits in the queue. */
  'coppice.queued': boolean;
  /** The engine has a usable agent beside the demo. */
  'coppice.agentFound': boolean;
  /** Archived sessions are shown. */
  'coppice.showsArchived': boolean;
  /** A session is under review. */
  'coppice.reviewing': boolean;
  /** A rollback is being chosen. */
  'coppice.rollbackOpen': boolean;
  /** The review has comments that were not sent. */
  'coppice.openComments': boolean;
}

/** All names, for the test that compares them with package.json. */
export const keyNames: { readonly [K in keyof KeyValues]: null } = {
  'coppice.place': null,
  'coppice.repositoryTrusted': null,
  'coppice.engine': null,
  'coppice.hasSessions': null,
  'coppice.needsYou': null,
  'coppice.decided': null,
  'coppice.demoStarted': null,
  'coppice.sessionStarted': null,
  'coppice.walkthroughOpen': null,
  'coppice.running': null,
  'coppice.queued': null,
  'coppice.agentFound': null,
  'coppice.showsArchived': null,
  'coppice.reviewing': null,
  'coppice.rollbackOpen': null,
  'coppice.openComments': null,
};

/** The door to VS Code's context keys. */
export interface ContextKeys {
  /** Sets a key; the same value again costs nothing. */
  set<K extends keyof KeyValues>(key: K, value: KeyValues[K]): void;
}

/** Opens the door. */
export function openContextKeys(log: Log): ContextKeys {
  const present = new Map<string, unknown>();
  return {
    set(key, value) {
      if (present.get(key) === value) return;
      present.set(key, value);
      vscode.commands.executeCommand('setContext', key, value).then(undefined, (error: unknown) => {
        log.error(`The context key ${key} could not be set.`, error);
      });
    },
  };
}
