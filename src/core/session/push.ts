import type { Session } from './state.ts';

/** The last commit of a session's work that was not pushed, nor tried to; undefined when there is none. */
export function pushDue({ committed, removal, pushed }: Session): string | undefined {
  const { commit, files = 0 } = committed?.changes ?? {};
  if (commit === undefined || removal !== undefined || files === 0) return undefined;
  return pushed?.commit === commit ? undefined : commit;
}
