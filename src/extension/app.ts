import * as vscode from 'vscode';
import { homePath } from '../protocol/client/home.ts';
import { openCommands, type Commands } from './commands/door.ts';
import { openContextKeys, type ContextKeys } from './context-keys/context-keys.ts';
import { launchPlan } from './engine/launch-plan.ts';
import { openLink, type EngineLink } from './engine/link.ts';
import { secretsHandler } from './engine/secrets.ts';
import { mirrorLandings, type LandingLine } from './landings/line.ts';
import { Disposables, type Disposable } from './lifecycle/disposables.ts';
import type { LogChannel } from './log/log.ts';
import { ToolInputs } from './needs-you/inputs.ts';
import { OpenPanels } from './panel/panels.ts';
import { openSupervisors, type SupervisorPanels } from './supervisor/panels.ts';
import { windowPlaces, type Places } from './places/places.ts';
import { openReview, type Review } from './review/review.ts';
import { mirrorSessions, type SessionsModel } from './sessions/model.ts';
import { windowSessions, type WindowSessions } from './sessions/window.ts';
import { ArchiveToggle } from './sessions/archive.ts';
import { Attention } from './notifications/attention.ts';

/** Set by the build. */
declare const COPPICE_VERSION: string | undefined;
const version = typeof COPPICE_VERSION === 'string' ? COPPICE_VERSION : '0.0.0-source';

/** Everything that features share. Built once, in this order, and ended in the opposite one. */
export interface App {
  readonly context: vscode.ExtensionContext;
  readonly log: LogChannel;
  readonly version: string;
  /** Data directory of the engine. */
  readonly home: string;
  readonly link: EngineLink;
  /** All sessions of the engine. */
  readonly all: SessionsModel;
  /** The repositories of this window. */
  readonly places: Places;
  /** The sessions that this window shows. */
  readonly sessions: WindowSessions;
  /** Landings under way, of all repositories. */
  readonly line: LandingLine;
  readonly panels: OpenPanels;
  readonly supervisors: SupervisorPanels;
  /** The session whose changes this window reviews. */
  readonly review: Review;
  /** Inputs of tools that are being changed. */
  readonly inputs: ToolInputs;
  readonly commands: Commands;
  readonly keys: ContextKeys;
  /** What the user looks at. */
  readonly attention: Attention;
  readonly archive: ArchiveToggle;
}

/** The composition root. Touches no disk: the link alone looks for the engine's address. */
export function buildApp(context: vscode.ExtensionContext, log: LogChannel): App & Disposable {
  const owner = new Disposables();
  const home = homePath(process.env);
  const link = owner.add(
    openLink({
      home,
      version,
      log,
      // In Restricted Mode nothing is started, whoever asks.
      plan: () => (vscode.workspace.isTrusted ? launchPlan(context.extensionPath, process.env) : undefined),
      secrets: secretsHandler(context.secrets, process.env),
    }),
  );
  const all = owner.add(mirrorSessions(link, log));
  const places = owner.add(windowPlaces(link, log));
  const sessions = owner.add(windowSessions(all, places, log));
  const line = owner.add(mirrorLandings(link, log));
  const archive = owner.add(new ArchiveToggle((error) => log.error('A listener of the archive failed.', error)));
  const attention = new Attention();
  const review = owner.add(openReview(link, all, sessions, log));
  const inputs = owner.add(new ToolInputs(link));
  const keys = openContextKeys(log);
  const commands = openCommands(log);
  const ofPanels = { context, home, link, all, log, commands, attention };
  const panels = owner.add(new OpenPanels(ofPanels));
  const openSession = (session: string): Promise<void> => panels.open(session);
  const supervisors = owner.add(openSupervisors({ ...ofPanels, openSession }));
  const shared = {
    context,
    log,
    version,
    home,
    link,
    all,
    places,
    sessions,
    line,
    review,
    inputs,
    panels,
    commands,
    keys,
  };
  return { ...shared, supervisors, archive, attention, dispose: () => owner.dispose() };
}
