/** What a worktree has for itself on a machine that it shares with others: ports, and a name for its containers. Pure. */

/** Ports of each worktree, in a row. */
export const portsEach = 10;
/** Below the ports that systems give out by themselves (32768 and up), and above those of common services. */
const firstPort = 20_000;
const blocks = 1000;

/** Where what stands for a path is, among so many places. */
function placeOf(path: string, places: number): number {
  // FNV-1a, 32 bits.
  let hash = 0x811c9dc5;
  for (let at = 0; at < path.length; at++) hash = Math.imul(hash ^ path.charCodeAt(at), 0x01000193) >>> 0;
  return hash % places;
}

/**
 * The first of the ports that are the worktree's own. `paths` are all worktrees that are there, in the order in which they
 * came: who came first keeps its ports, and one whose place is taken gets the next that is free.
 */
export function firstPortOf(path: string, paths: readonly string[]): number {
  const taken = new Set<number>();
  for (const each of paths.includes(path) ? paths : [...paths, path]) {
    let block = placeOf(each, blocks);
    while (taken.has(block) && taken.size < blocks) block = (block + 1) % blocks;
    if (each === path) return firstPort + block * portsEach;
    taken.add(block);
  }
  return firstPort;
}

/**
 * Variables by which servers and containers that are started in a worktree keep out of the way of those of others:
 * `COPPICE_PORT` is the first of ten ports, `COMPOSE_PROJECT_NAME` the name that Docker Compose puts before all it makes.
 */
export function ownNames(
  { path, slug }: { readonly path: string; readonly slug: string },
  paths: readonly string[],
): Readonly<Record<string, string>> {
  const mark = placeOf(path, 36 ** 4)
    .toString(36)
    .padStart(4, '0');
  const name = slug.toLowerCase().replaceAll(/[^a-z0-9_-]/gu, '-');
  return {
    COPPICE_PORT: String(firstPortOf(path, paths)),
    COMPOSE_PROJECT_NAME: `coppice-${name.slice(0, 40)}-${mark}`,
  };
}
