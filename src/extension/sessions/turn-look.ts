import * as l10n from '@vscode/l10n';
import type { TurnNoteView } from '../../protocol/schemas.ts';
import type { StatusLook } from './status-look.ts';

/** How the outcome of a turn is shown; one that has none yet is under way. */
export function turnLook({ outcome }: Pick<TurnNoteView, 'outcome'>): Pick<StatusLook, 'icon' | 'colour' | 'label'> {
  switch (outcome) {
    case undefined:
      return { icon: 'circle-small-filled', colour: 'running', label: l10n.t('under way') };
    case 'success':
      return { icon: 'circle-small', colour: undefined, label: '' };
    case 'interrupted':
      return { icon: 'circle-small-filled', colour: 'needsYou', label: l10n.t('interrupted') };
    case 'limit':
      return { icon: 'circle-small-filled', colour: 'needsYou', label: l10n.t('limit reached') };
    case 'rate-limited':
      return { icon: 'circle-small-filled', colour: 'needsYou', label: l10n.t('rate limited') };
    default:
      return { icon: 'circle-small-filled', colour: 'failed', label: l10n.t('failed') };
  }
}
