/** Commands that decide what an agent asks. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CoppiceError, isCoppiceError } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import type { App } from '../app.ts';
import { giveAnswer } from '../engine/insist.ts';
import { secretKey } from '../engine/secrets.ts';
import { showInformationMessage } from '../messages/messages.ts';
import type { Given } from '../needs-you/answers.ts';
import { askDecision, askReason, isEditable, type Decision } from '../needs-you/dialogue.ts';
import { evidenceUri } from '../needs-you/evidence-document.ts';
import { kindLook, needLabel } from '../needs-you/evidence.ts';
import { inOrder } from '../needs-you/order.ts';
import { back, type Back } from '../quick/back.ts';
import { pickOne } from '../quick/quick.ts';
import type { Need } from '../sessions/entry.ts';
import { durationText, sessionLabel } from '../sessions/labels.ts';
import type { Command } from './command.ts';
import { sessionIn } from './pick-session.ts';

/** Coppice: Answer… */
export const answerSession: Command = (app) => async (given) =>
  decide(app, await pickNeed(app, given), async (need, signal) => {
    const keep = { secret: (name: string, value: string) => app.context.secrets.store(secretKey(name), value) };
    return askDecision(need.breakpoint, sessionLabel(need.session), signal, keep);
  });

/**
 * Allows what an agent asks for. A question or a missing secret needs more than a yes, so it is asked. So it is when the button of a
 * row names none: VS Code knows no row that is being drawn anew, and the only decision left may be another one than was meant.
 */
export const allow: Command =
  (app) =>
  async (...given) => {
    const [row] = given;
    if (given.length > 0 && sessionIn(row) === undefined) return answerSession(app)();
    const need = await pickNeed(app, row);
    const plain = need.breakpoint.kind === 'permission' || need.breakpoint.kind === 'plan';
    if (!plain) return answerSession(app)({ session: need.session.id, breakpoint: need.breakpoint.id });
    return send(app, need, { answer: { choice: 'allow' } });
  };

/** Denies what an agent asks for, with a reason. */
export const deny: Command = (app) => async (given) =>
  decide(app, await pickNeed(app, given), async (need, signal) => askReason({ title: frameTitle(need), signal }));

/** Opens what a tool is about to do in a diff editor, to be changed. */
export const editAndAllow: Command = (app) => async (given) => edit(app, await pickNeed(app, given));

/** Allows it with the input as it stands in the editor. */
export const useInput: Command = (app) => async (given) => {
  const { need, input, close } = app.inputs.chosen(given);
  await send(app, need, { answer: { choice: 'allow', input: { ...input } } });
  await close();
};

async function edit(app: App, need: Need): Promise<void> {
  if (isEditable(need.breakpoint)) return app.inputs.edit(need);
  throw new CoppiceError(
    'wrong-state',
    l10n.t('The input of this cannot be changed.'),
    l10n.t('Deny it with a reason: the agent is told.'),
  );
}

/** Shows all of the evidence of a decision in an editor. */
export const showEvidence: Command = (app) => async (given) => showDocument(await pickNeed(app, given));

/** Coppice: Show What Needs You. The view, and the first decision in it. */
export const showNeedsYou: Command = () => async () => {
  await vscode.commands.executeCommand('coppice.needsYou.focus');
};

function frameTitle({ breakpoint }: Need): string {
  return `${kindLook(breakpoint.kind).label}: ${needLabel(breakpoint)}`;
}

async function showDocument({ session, breakpoint }: Need): Promise<void> {
  await vscode.window.showTextDocument(evidenceUri(session.id, breakpoint), { preview: true });
}

/** Asks, for as long as the decision is open, and sends what was decided. */
async function decide(
  app: App,
  need: Need,
  ask: (need: Need, signal: AbortSignal) => Promise<Decision | Back>,
): Promise<void> {
  const gone = new AbortController();
  const watching = app.all.onChange(() => {
    if (!isOpen(app, need)) gone.abort();
  });
  try {
    const decision = await ask(need, gone.signal);
    if (decision === back) return;
    if (decision === 'evidence') await showDocument(need);
    else if (decision === 'edit') await edit(app, need);
    else if (decision === 'roll-back') await app.commands.run('coppice.rollBack', { session: need.session.id });
    else await send(app, need, decision);
  } catch (error) {
    if (!(error instanceof vscode.CancellationError && gone.signal.aborted)) throw error;
    vscode.window.setStatusBarMessage(l10n.t('This was decided elsewhere.'), 5000);
  } finally {
    watching.dispose();
  }
}

function isOpen(app: App, { session, breakpoint }: Need): boolean {
  return app.all.entries.get(session.id)?.detail?.needs.some(({ id }) => id === breakpoint.id) === true;
}

/** One decision counts: where another front end was first, the user is told so. */
async function send(app: App, { session, breakpoint }: Need, given: Given): Promise<void> {
  try {
    await vscode.window.withProgress({ location: { viewId: 'coppice.needsYou' } }, async () =>
      giveAnswer(app.link, session.id, breakpoint.id, given),
    );
  } catch (error) {
    if (!isCoppiceError(error, 'wrong-state')) throw error;
    await showInformationMessage(
      l10n.t('{0} does not wait for this any more. {1}', sessionLabel(session), oneLine(error.message, 400)),
    );
  }
}

/** The decision that a row, a session or its ids name; else the only one, or the one that the user picks. */
async function pickNeed(app: App, given: unknown): Promise<Need> {
  const needs = inOrder(app.sessions.needs, app.sessions.entries);
  const session = sessionIn(given);
  const breakpoint =
    typeof given === 'object' && given !== null && 'breakpoint' in given ? given.breakpoint : undefined;
  const named = [...app.all.needs].filter(
    (need) => need.session.id === session && (breakpoint === undefined || need.breakpoint.id === breakpoint),
  );
  const choices = session === undefined ? needs : named;
  const [first, ...others] = choices;
  if (first === undefined) throw nothingOpen(session !== undefined);
  if (others.length === 0) return first;
  const now = Date.now();
  const picked = await pickOne(
    choices.map((need) => ({
      label: needLabel(need.breakpoint),
      description: sessionLabel(need.session),
      detail: l10n.t('waiting for {0}', durationText(now - Date.parse(need.breakpoint.raisedAt))),
      icon: kindLook(need.breakpoint.kind).icon,
      gives: need,
    })),
    { title: l10n.t('What Needs You'), placeholder: l10n.t('Choose a decision') },
  );
  return picked === back ? first : picked;
}

function nothingOpen(named: boolean): Error {
  return named
    ? new CoppiceError('wrong-state', l10n.t('This session waits for nothing.'), l10n.t('Nothing has to be done.'))
    : new CoppiceError('not-found', l10n.t('Nothing needs you.'), l10n.t('Nothing has to be done.'));
}
