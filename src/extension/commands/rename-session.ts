import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import { askText } from '../quick/quick.ts';
import type { Command } from './command.ts';
import { pickSession } from './pick-session.ts';

const titleLimit = 200;

/** Coppice: Rename Session… */
export const renameSession: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Rename Session'),
    none: l10n.t('There is no session yet.'),
    fits: () => true,
  });
  const before = app.all.entries.get(session)?.session.title ?? '';
  const title = await askText({
    title: l10n.t('Rename Session'),
    value: oneLine(before, titleLimit),
    placeholder: l10n.t('a title of one line'),
    check: (text) => {
      if (text.trim() === '') return l10n.t('The title is empty.');
      return text.length > titleLimit ? l10n.t('A title has at most {0} characters.', titleLimit) : undefined;
    },
  });
  if (typeof title === 'string' && title.trim() !== before) {
    await app.link.request('session/rename', { session, title: title.trim() });
  }
};
