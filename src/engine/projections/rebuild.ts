import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { NewEvent } from '../../core/domain.ts';
import { CoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import { isLive, isSettled } from '../../core/session/status.ts';
import type { Session } from '../../core/session/state.ts';
import type { Log } from '../process/log.ts';

/** What must be there to trust a file with being a session of ours; the rest was written by the same reducer that reads it. */
const metadataSchema = z.object({
  format: z.literal(1),
  session: z.looseObject({
    id: z.string().min(1),
    task: z.object({ id: z.string(), uuid: z.string(), title: z.string() }),
    repository: z.object({ id: z.string(), root: z.string() }),
    requester: z.object({
      by: z.string(),
      env: z.record(z.string(), z.string()),
      secrets: z.array(z.string()),
      settings: z.record(z.string(), z.string()),
    }),
    admission: z.enum(['waiting', 'admitted', 'idle']),
    createdAt: z.number(),
    prompts: z.array(z.unknown()),
    breakpoints: z.array(z.unknown()),
    streamOffset: z.number(),
  }),
});

/**
 * Sessions as their `metadata.json` files show them, as events for an empty journal (X-05: journal, then files). One that
 * had not ended comes back as one that is being stopped: what happened since its file was written is not known.
 */
export async function rebuildFromFiles(sessions: string, log: Log): Promise<NewEvent[]> {
  const found: Session[] = [];
  for (const name of await readdir(sessions).catch(() => [])) {
    const session = await readSession(join(sessions, name, 'metadata.json'), log);
    if (session?.id === name) found.push(session);
  }
  found.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  return found.flatMap((entity) => {
    const restored = event('session.restored', { session: entity.id, entity });
    return isSettled(entity) && !isLive(entity) ? [restored] : [restored, stopped(entity)];
  });
}

async function readSession(path: string, log: Log): Promise<Session | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return metadataSchema.parse(JSON.parse(text)).session as unknown as Session;
  } catch (error) {
    log.warn('a session cannot be brought back from its file', { path, error });
    return undefined;
  }
}

function stopped(session: Session): NewEvent {
  const error = new CoppiceError(
    'corrupt',
    'The journal was lost while this session had not ended.',
    'Look at its worktree, then continue it.',
  ).toRecord();
  return event('session.cancelling', { session: session.id, reason: 'the journal was lost', error });
}
