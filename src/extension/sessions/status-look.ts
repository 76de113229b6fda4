import * as l10n from '@vscode/l10n';
import type { SessionView } from '../../protocol/schemas.ts';
import { isSettled } from '../../protocol/session-status.ts';

export type Status = SessionView['status'];

/** How a status is shown and spoken. Colours are those that package.json contributes; undefined is the colour of text. */
export interface StatusLook {
  /** Codicon. */
  readonly icon: string;
  readonly colour: 'running' | 'needsYou' | 'done' | 'failed' | 'quiet' | undefined;
  /** One or two letters for a decoration; undefined where the icon says enough. */
  readonly letter: string | undefined;
  /** The status in words. */
  readonly label: string;
}

/** The look of a status: one place, so that tree, panels, status bar and notifications agree. */
export function lookOf(status: Status): StatusLook {
  switch (status) {
    case 'queued':
      return { icon: 'clock', colour: 'quiet', letter: 'Q', label: l10n.t('queued') };
    case 'preparing':
      return { icon: 'loading~spin', colour: 'running', letter: undefined, label: l10n.t('preparing') };
    case 'running':
      return { icon: 'loading~spin', colour: 'running', letter: undefined, label: l10n.t('running') };
    case 'needs-you':
      return { icon: 'bell-dot', colour: 'needsYou', letter: '!', label: l10n.t('needs you') };
    case 'paused':
      return { icon: 'debug-pause', colour: 'needsYou', letter: 'P', label: l10n.t('paused') };
    case 'interrupted':
      return { icon: 'debug-stop', colour: 'needsYou', letter: 'I', label: l10n.t('interrupted') };
    case 'reported':
      return { icon: 'check', colour: undefined, letter: undefined, label: l10n.t('reported done') };
    case 'verified':
      return { icon: 'verified', colour: 'done', letter: 'V', label: l10n.t('verified') };
    case 'accepted':
      return { icon: 'check-all', colour: 'done', letter: 'A', label: l10n.t('accepted') };
    case 'landed':
      return { icon: 'git-merge', colour: 'done', letter: 'L', label: l10n.t('landed') };
    case 'failed':
      return { icon: 'error', colour: 'failed', letter: 'F', label: l10n.t('failed') };
    case 'cancelled':
      return { icon: 'circle-slash', colour: 'quiet', letter: 'C', label: l10n.t('cancelled') };
    case 'unknown':
      return { icon: 'question', colour: 'failed', letter: '?', label: l10n.t('state unknown') };
  }
}

/** The id of a contributed colour. */
export function colourId(colour: NonNullable<StatusLook['colour']>): string {
  return `coppice.${colour}Foreground`;
}

/** Whether an agent is at work, or about to be. */
export function isAtWork(session: Pick<SessionView, 'status'>): boolean {
  return !isSettled(session) && session.status !== 'queued';
}
