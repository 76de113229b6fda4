import type { AgentEvent } from '../../core/agent/events.ts';
import { fieldsOf, numberOf, textOf, wordOf, type Fields } from '../fields.ts';
import { plainLine, plainText } from '../plain-text.ts';

/** As seconds since 1970 it is the year 5138, as milliseconds 1973. */
const mostSeconds = 1e11;

/** No time that anything can wait for: the last one that has a date. */
const mostMilliseconds = 8.64e15;

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

/**
 * When a limit of the subscription that is used up is over, milliseconds since 1970; undefined for every other line. Versions give
 * it in seconds or in milliseconds.
 */
export function resetOf(fields: Fields): number | undefined {
  const info = fields['type'] === 'rate_limit_event' ? fieldsOf(fields['rate_limit_info']) : undefined;
  const at = info?.['status'] === 'rejected' ? numberOf(info['resetsAt']) : undefined;
  if (at === undefined || at <= 0 || at > mostMilliseconds) return undefined;
  return at < mostSeconds ? at * 1000 : at;
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
