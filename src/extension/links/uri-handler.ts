import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { Contribution } from '../contribution.ts';
import { showWarningMessage } from '../messages/messages.ts';
import { sessionOfLink } from './address.ts';

/** Opens `vscode://coppice.coppice/session/<id>`. A link only shows something: it starts, answers and changes nothing. */
export const linkHandler: Contribution = {
  name: 'Links',
  register: ({ panels, log }) =>
    vscode.window.registerUriHandler({
      handleUri: async ({ path }) => {
        const session = sessionOfLink(path);
        if (session !== undefined) return panels.open(session);
        log.warn(`A link was not understood: ${oneLine(path, 200)}`);
        await showWarningMessage(l10n.t('This link names no session: {0}', oneLine(path, 80)));
      },
    }),
};
