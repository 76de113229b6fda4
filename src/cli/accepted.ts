import type { SessionView } from '../protocol/schemas.ts';
import type { Context } from './context.ts';
import { text, type Text } from './text.ts';

/** What is said of work that the engine has taken. In a pipe it is the session's id and nothing else. */
export function acceptedLines({ out }: Context, session: SessionView): Text[] {
  if (out.style !== 'terminal') return [text`${session.id}`];
  const place = session.position === undefined ? 'started' : `queued at place ${session.position}`;
  return [
    text`Session ${out.paint.bold(session.id)} ${place}.`,
    out.paint.dim(`Follow it with: coppice session attach ${session.id}`),
  ];
}
