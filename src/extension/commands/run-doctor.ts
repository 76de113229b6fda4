import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { requester } from '../engine/requester.ts';
import { quietly } from '../new-session/agents.ts';
import type { Command } from './command.ts';
import { pullModel } from './pull-model.ts';
import { doctorHint } from './pull-text.ts';

/** Coppice: Run Doctor. What is there, what is missing, and how to get it. */
export const runDoctor: Command = (app) => async () => {
  const path = app.places.list[0]?.folder;
  const { checks } = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t('Coppice looks at this machine…'),
      cancellable: true,
    },
    async (_, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort(new vscode.CancellationError()));
      const params = { requester: requester(process.env), ...(path === undefined ? {} : { path }) };
      return app.link.request('doctor', params, { signal: abort.signal });
    },
  );
  for (const { name, ok, detail, fix } of checks) {
    app.log.info(`${ok ? '✓' : '✗'} ${name}: ${detail}${fix === undefined ? '' : ` (${fix})`}`);
  }
  const wrong = checks.filter(({ ok, required }) => !ok && required).length;
  const picked = await vscode.window.showQuickPick(
    [...checks]
      .sort((a, b) => Number(a.ok) - Number(b.ok) || Number(b.required) - Number(a.required))
      .map((check) => ({
        label: `$(${check.ok ? 'pass' : check.required ? 'error' : 'info'}) ${check.name}`,
        description: quietly(check.detail, 200),
        ...(check.fix === undefined ? {} : { detail: quietly(check.fix, 300) }),
        check,
      })),
    {
      title: wrong === 0 ? l10n.t('Coppice can work here') : l10n.t('Something is missing'),
      placeHolder: doctorHint(checks),
      matchOnDescription: true,
    },
  );
  if (picked?.check.fix === undefined) return;
  if (picked.check.name === 'model') await pullModel(app)();
  else await vscode.env.clipboard.writeText(picked.check.fix);
};
