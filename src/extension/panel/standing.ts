/** Whether what a panel shows is what is, in sentences. */
import * as l10n from '@vscode/l10n';
import type { Standing } from '../../protocol/webview/session-panel.ts';
import type { EngineLink } from '../engine/link.ts';

/** Of a session that the engine does not know. */
export function gone(): Standing {
  return {
    state: 'gone',
    message: l10n.t('This session is not known to the engine.'),
    next: l10n.t('It was removed, or its data directory is another one.'),
  };
}

/** Of a session that is known, or not known yet, by the state of the link to the engine. */
export function standingOf(status: EngineLink['state']['status'], known: boolean): Standing {
  if (status === 'connected') return { state: 'live' };
  const message = known ? l10n.t('The engine is away: this is what was known last.') : l10n.t('The engine is away.');
  return { state: 'away', message, next: l10n.t('It is looked for by itself; agents go on meanwhile.') };
}
