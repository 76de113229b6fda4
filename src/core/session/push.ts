import type { Session } from './state.ts';

/** The commit of a session's last stretch of work that was not pushed, nor tried to; undefined when there is none. */
export function pushDue({ result, removal, pushed }: Session): string | undefined {
  const commit = result?.changes?.commit;
  if (commit === undefined || removal !== undefined || (result?.changes?.files ?? 0) === 0) return undefined;
  return pushed?.commit === commit ? undefined : commit;
}
