import type { Recorded } from '../events.ts';
import type { Intent } from './state.ts';

/** Opened by `intent.opened`; removed by `intent.failed` and by any event that names it as its `intent`. */
export function reduceIntent(id: string, intent: Intent | undefined, event: Recorded): Intent | undefined {
  if (event.type === 'intent.opened' && event.data.intent === id) {
    return { id, session: event.data.session, openedAt: event.at, effect: event.data.effect };
  }
  return intentOf(event) === id ? undefined : intent;
}

/** The intent that an event opens or closes. */
export function intentOf(event: Recorded): string | undefined {
  return 'intent' in event.data ? event.data.intent : undefined;
}
