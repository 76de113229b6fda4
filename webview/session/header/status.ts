/** How a status looks: its word, its icon, and how much it asks for attention. */
import type { Status } from '../../../src/core/session/state.ts';
import type { IconName } from '../../shared/icons.ts';
import { t } from '../../shared/l10n.ts';

export interface StatusLook {
  readonly word: string;
  readonly icon: IconName;
  readonly tone: 'calm' | 'busy' | 'good' | 'asks' | 'bad';
}

/** A status as people read it. */
export function statusLook(status: Status): StatusLook {
  switch (status) {
    case 'queued':
      return { word: t('Queued'), icon: 'clock', tone: 'calm' };
    case 'preparing':
      return { word: t('Preparing'), icon: 'loading', tone: 'busy' };
    case 'running':
      return { word: t('Running'), icon: 'loading', tone: 'busy' };
    case 'needs-you':
      return { word: t('Needs you'), icon: 'bellDot', tone: 'asks' };
    case 'paused':
      return { word: t('Paused'), icon: 'debugPause', tone: 'calm' };
    case 'interrupted':
      return { word: t('Interrupted'), icon: 'debugStop', tone: 'calm' };
    case 'reported':
      return { word: t('Reported done'), icon: 'check', tone: 'calm' };
    case 'verified':
      return { word: t('Verified'), icon: 'verified', tone: 'good' };
    case 'accepted':
      return { word: t('Accepted'), icon: 'checkAll', tone: 'good' };
    case 'landed':
      return { word: t('Landed'), icon: 'gitMerge', tone: 'good' };
    case 'failed':
      return { word: t('Failed'), icon: 'error', tone: 'bad' };
    case 'cancelled':
      return { word: t('Cancelled'), icon: 'circleSlash', tone: 'calm' };
    case 'unknown':
      return { word: t('State unknown'), icon: 'question', tone: 'bad' };
  }
}
