import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import { back } from '../quick/back.ts';
import { askText, pickOne } from '../quick/quick.ts';
import { sessionLabel } from '../sessions/labels.ts';
import { givePrompt } from './follow-up.ts';
import type { Command } from './command.ts';
import { pickSession } from './pick-session.ts';

/** Coppice: Send Follow-Up… */
export const sendFollowUp: Command = (app) => async (given) => {
  const id = await pickSession(app, given, {
    title: l10n.t('Send Follow-Up'),
    none: l10n.t('There is no session that could get a prompt.'),
    fits: () => true,
  });
  const session = app.all.entries.get(id)?.session;
  const title = l10n.t('Follow-Up for {0}', session === undefined ? id.slice(0, 8) : sessionLabel(session));
  const running = session?.status === 'running' || session?.status === 'needs-you';
  const memory = app.context.workspaceState;
  const kept = `coppice.followUp.${id}`;
  for (;;) {
    const prompt = await askText({
      title,
      value: memory.get(kept, ''),
      placeholder: l10n.t('What should the agent do next?'),
      check: (text) => (text.trim() === '' ? l10n.t('The prompt is empty.') : undefined),
    });
    if (typeof prompt !== 'string') return;
    await memory.update(kept, prompt); // until it was given: it may be refused
    const when = running ? await askWhen(title, prompt) : 'after';
    if (when === back) continue;
    await givePrompt(app, id, prompt, when === 'now');
    return memory.update(kept, undefined);
  }
};

async function askWhen(title: string, prompt: string): Promise<'after' | 'now' | typeof back> {
  return pickOne<'after' | 'now'>(
    [
      { label: l10n.t('After This Turn'), icon: 'debug-step-over', gives: 'after' },
      { label: l10n.t('Now'), icon: 'zap', detail: l10n.t('cuts into the turn that is under way'), gives: 'now' },
    ],
    { title, placeholder: oneLine(prompt, 200), canGoBack: true },
  );
}

/** Coppice: Continue Session. For one that was interrupted, failed or stopped. */
export const continueSession: Command = (app) => async (given) => {
  const id = await pickSession(app, given, {
    title: l10n.t('Continue Session'),
    none: l10n.t('No session was interrupted, has failed or was stopped.'),
    fits: ({ status }) => status === 'interrupted' || status === 'failed' || status === 'cancelled',
  });
  await vscode.window.withProgress({ location: { viewId: 'coppice.sessions' } }, async () =>
    givePrompt(app, id, l10n.t('Go on where you left off.'), false),
  );
};
