import { createHash } from 'node:crypto';
import { fingerprintWith, type Fingerprint } from '../core/supervision/fingerprint.ts';

/** The fingerprint of an error's message: MD5 as the requirement asks, of the message without what differs by chance. */
export function fingerprintOf(message: string): Fingerprint {
  return fingerprintWith((text) => createHash('md5').update(text).digest('hex'), message);
}
