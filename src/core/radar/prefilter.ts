/** Which sides cannot be in each other's way, told from the paths that they touched. */

/**
 * What one side changed since the commit that it came from, with both names of a moved file. More than was changed is no
 * error; less is.
 */
export interface Footprint {
  /** Paths, and every folder above each of them. */
  readonly paths: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  /** Folders out of which a file went, and every one above those: with its last file a folder may be on the move, too. */
  readonly left: ReadonlySet<string>;
}

/** The footprint of changed paths; `gone` are those of them that are no more. */
export function footprint(paths: Iterable<string>, gone: Iterable<string>): Footprint {
  const own = new Set(paths);
  const folders = new Set<string>();
  for (const path of own) for (const folder of above(path)) folders.add(folder);
  const left = new Set<string>();
  for (const path of gone) for (const folder of above(path)) left.add(folder);
  return { paths: own, folders, left };
}

/**
 * Whether a trial merge is worth its time: both touched a path; one has a file where the other has a folder; or one took a
 * file out of a folder in which the other put something, which may be a folder on the move.
 */
export function mayConflict(one: Footprint, other: Footprint): boolean {
  return meets(one, other) || meets(other, one);
}

function meets(one: Footprint, other: Footprint): boolean {
  for (const path of one.paths) {
    if (other.paths.has(path) || other.folders.has(path)) return true;
  }
  for (const folder of one.left) {
    if (other.folders.has(folder)) return true;
  }
  return false;
}

function* above(path: string): Generator<string> {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) yield path.slice(0, at);
}
