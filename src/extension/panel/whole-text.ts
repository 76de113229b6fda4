/** Texts that a panel was sent only the beginning of. */
import * as l10n from '@vscode/l10n';
import type { AgentEvent } from '../../core/agent/events.ts';
import { CoppiceError } from '../../core/errors.ts';
import type { ParamsOf } from '../../protocol/webview/kinds.ts';
import type { SessionPanelApi } from '../../protocol/webview/session-panel.ts';
import type { EngineLink } from '../engine/link.ts';

/** Characters that a panel is handed at most. */
const most = 8 * 1024 * 1024;
/** Events that may come from the lines before the one that is wanted. */
const pageEvents = 50;

/**
 * Reads a text again from the stream.
 *
 * @throws CoppiceError `not-found` if the stream no longer has it
 */
export async function whole(
  link: Pick<EngineLink, 'request'>,
  session: string,
  { from, offset, part, field }: ParamsOf<SessionPanelApi['read']>,
): Promise<string> {
  for (let at = from; ;) {
    const { events, next } = await link.request('session/logs', { session, from: at, limit: pageEvents });
    const wanted = events.filter((each) => each.offset === offset)[part];
    const text = wanted === undefined ? undefined : textAt(wanted.event as unknown as AgentEvent, field);
    if (text !== undefined) return text.slice(0, most);
    if (next === at || next > offset) break;
    at = next;
  }
  throw new CoppiceError(
    'not-found',
    l10n.t('The whole text is no longer in the stream of the session.'),
    l10n.t('Open the stream itself to look for it.'),
  );
}

function textAt(event: AgentEvent, field: string): string | undefined {
  switch (event.kind) {
    case 'message':
      return field === 'text' ? event.text : undefined;
    case 'tool-ended':
      return field === 'output' ? event.output : undefined;
    case 'tool-started': {
      const value = field.startsWith('input.') ? event.input[field.slice('input.'.length)] : undefined;
      return typeof value === 'string' ? value : undefined;
    }
    default:
      return undefined;
  }
}
