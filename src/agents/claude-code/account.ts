import type { AgentEvent } from '../../core/agent/events.ts';
import { fieldsOf, textOf, wordOf, type Fields } from '../fields.ts';
import { plainLine, plainText } from '../plain-text.ts';

/** What a line says about the user's account with the model's service; undefined when it is about something else. */
export function accountEvents(fields: Fields): readonly AgentEvent[] | undefined {
  switch (fields['type']) {
    case 'rate_limit_event':
      return subscription(fieldsOf(fields['rate_limit_info']) ?? {});
    case 'auth_status':
      return authentication(wordOf(fields['error']));
    default:
      return undefined;
  }
}

/** Once a limit is used up, the turn ends with status 429. */
function subscription(info: Fields): readonly AgentEvent[] {
  if (info['status'] !== 'rejected' && info['status'] !== 'allowed_warning') return [];
  const kind = plainLine(textOf(info['rateLimitType'])?.replaceAll('_', ' ') ?? 'rate', 40);
  const verb = info['status'] === 'rejected' ? 'is used up' : 'is nearly used up';
  return [{ kind: 'notice', severity: 'warning', text: `The ${kind} limit of the subscription ${verb}.` }];
}

function authentication(error: string | undefined): readonly AgentEvent[] {
  return error === undefined ? [] : [{ kind: 'notice', severity: 'critical', text: plainText(error, 2000) }];
}
