/** Room for the image in which agents work. Pure. */

/** Where images are kept, and what is free there. */
export interface ImageRoom {
  /** Absolute. */
  readonly folder: string;
  readonly freeBytes: number;
}

const megabyte = 1_000_000;
/** Megabytes: the image that comes with Coppice takes 900, and its parts lie there beside it while it is built. */
const wantedMegabytes = 1500;

/** What is to be said of too little room; undefined when there is enough. */
export function shortOfRoom({ folder, freeBytes }: ImageRoom): string | undefined {
  const free = Math.floor(freeBytes / megabyte);
  if (free >= wantedMegabytes) return undefined;
  return `Only ${free} MB are free in ${folder}, where Docker keeps images; building one takes about ${wantedMegabytes} MB.`;
}

/** How room is made where Docker keeps what it has. */
export const makeRoom =
  'Make room there: `docker system df` says what takes it, and `docker system prune` removes what nobody uses';
