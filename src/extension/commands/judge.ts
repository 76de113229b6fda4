/** Commands on how a session's work is judged. */
import * as l10n from '@vscode/l10n';
import type { AutonomyLevel } from '../../core/supervision/decision.ts';
import type { SessionView } from '../../protocol/schemas.ts';
import { isCoppiceError } from '../../core/errors.ts';
import { showWarningMessage } from '../messages/messages.ts';
import { back } from '../quick/back.ts';
import { pickOne, type Choice } from '../quick/quick.ts';
import type { Command } from './command.ts';
import { pickSession } from './pick-session.ts';

const atRest: ReadonlySet<SessionView['status']> = new Set([
  'reported',
  'verified',
  'accepted',
  'failed',
  'interrupted',
]);

/** Coppice: Verify Session. The gates look at its files as they are; what they say shows as its status. */
export const verifySession: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Verify Session'),
    none: l10n.t('No session is at rest.'),
    fits: ({ status }) => atRest.has(status),
  });
  await app.link.request('supervision/verify', { session });
};

/** Coppice: Accept Session. Work without proof takes a second word. */
export const acceptSession: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Accept Session'),
    none: l10n.t('No session has reported its work.'),
    fits: ({ status }) => status === 'reported' || status === 'verified',
  });
  try {
    await app.link.request('supervision/accept', { session });
  } catch (error) {
    if (!isCoppiceError(error, 'wrong-state') || error.context['way'] !== 'accept-unverified') throw error;
    const anyway = l10n.t('Accept without Proof');
    const question = l10n.t('The gates have not passed on these files.');
    const chosen = await showWarningMessage(
      question,
      { modal: true, detail: l10n.t('It stays on record that you accepted it without proof.') },
      anyway,
    );
    if (chosen === anyway) await app.link.request('supervision/accept', { session, unverified: true });
  }
};

/** From the one that asks most to the one that asks least, each in a line that a pick can show whole. */
function levels(): Choice<AutonomyLevel>[] {
  return [
    {
      label: l10n.t('Guided'),
      detail: l10n.t('you are asked at each tool that asks, and after each turn'),
      gives: 'guided',
    },
    { label: l10n.t('Collaborative'), detail: l10n.t('you are asked after each turn'), gives: 'collaborative' },
    {
      label: l10n.t('Supervised'),
      detail: l10n.t('what a check refuses is tried again, a few times; then you are asked'),
      gives: 'supervised',
    },
    {
      label: l10n.t('Autonomous'),
      detail: l10n.t('as Supervised, on restored files; tools that show no danger are let through'),
      gives: 'autonomous',
    },
  ];
}

/** Coppice: Set Autonomy… */
export const setAutonomy: Command = (app) => async (given) => {
  const title = l10n.t('Set Autonomy');
  const session = await pickSession(app, given, {
    title,
    none: l10n.t('There is no session yet.'),
    fits: ({ mode }) => mode !== 'interactive' && mode !== 'dispatch',
  });
  const { level: current } = await app.link.request('supervision/show', { session });
  const choices = levels().map((each) => ({
    ...each,
    ...(each.gives === current ? { description: l10n.t('as it is now') } : {}),
  }));
  const level = await pickOne<AutonomyLevel>(choices, {
    title,
    placeholder: l10n.t('From the next step on'),
    ...(current === undefined ? {} : { active: current }),
  });
  if (level !== back) await app.link.request('supervision/level', { session, level });
};

/** Coppice: Show Verdicts. Every judged turn with its factors, what gates printed and what was sent, and how far that can be trusted. */
export const showVerdicts: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Show Verdicts'),
    none: l10n.t('There is no session yet.'),
    fits: () => true,
  });
  await app.supervisors.open(session);
};
