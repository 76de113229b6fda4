import { constants } from 'node:fs';

/**
 * How files are opened that an agent may replace: for a fifo in their place nobody waits. Such a wait would hold a thread of the
 * engine for good, and it has four.
 */
export const readNow = constants.O_RDONLY | constants.O_NONBLOCK;
