import type { StreamEventView } from '../protocol/schemas.ts';
import type { EngineLink } from './engine-link.ts';

/** Hands every event that is in a session's stream to `take`, page by page. Gives the byte at which the stream ended. */
export async function readLogs(
  engine: EngineLink,
  session: string,
  take: (seen: StreamEventView) => void,
): Promise<number> {
  let from = 0;
  for (;;) {
    const { events, next } = await engine.request('session/logs', { session, from });
    for (const seen of events) take(seen);
    if (next <= from) return from;
    from = next;
  }
}
