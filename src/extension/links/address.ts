/** What a link to Coppice means. Pure. */

const session = /^\/session\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/u;

/** The session that the path of a link names; undefined for every other path, since links come from anywhere. */
export function sessionOfLink(path: string): string | undefined {
  return session.exec(path)?.[1];
}
