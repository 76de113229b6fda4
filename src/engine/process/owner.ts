/** What a lock says about who holds it, and whether that one still lives. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { CoppiceError, systemCode } from '../../core/errors.ts';
import type { Host, Life } from './host.ts';

const ownerSchema = z.object({
  host: z.string().min(1),
  hostname: z.string(),
  boot: z.string().min(1),
  namespace: z.string(),
  pid: z.int().positive(),
  started: z.string().min(1),
  /** Never used twice. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  version: z.string(),
  /** When the lock was asked for, ISO 8601; for people. */
  at: z.string(),
});
export type Owner = z.infer<typeof ownerSchema>;

/** `other-host`: nothing can be said about it from here, and it is never taken for dead. */
export type Verdict = Life | 'other-host';

/**
 * The owner that a file names; undefined if there is no such file.
 *
 * @throws CoppiceError `corrupt` if the file is there and names none: who holds the lock then cannot be told
 */
export async function readOwner(path: string): Promise<Owner | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CoppiceError(
      'corrupt',
      `The lock ${path} cannot be read, so who owns the data directory cannot be told.`,
      `If no engine of yours runs, on any host that shares this folder, delete ${path}.`,
      { context: { path }, cause },
    );
  }
}

/**
 * Whether the owner of a lock still lives.
 *
 * @param pulse asks the kernel (see `pulse.ts`); only used where pids do not tell
 */
export async function judge(owner: Owner, host: Host, pulse: () => Promise<Life>): Promise<Verdict> {
  if (owner.host !== host.self.host) return 'other-host';
  if (owner.boot !== host.self.boot) return (await pulse()) === 'alive' ? 'alive' : 'ended';
  if (owner.namespace !== host.self.namespace) return pulse();
  const life = await host.lifeOf(owner.pid, owner.started);
  return life === 'unknown' ? pulse() : life;
}

/** Why the lock was not taken, in a sentence. */
export function heldBy(owner: Owner, verdict: Exclude<Verdict, 'ended'>, path: string): CoppiceError {
  const context = { pid: String(owner.pid), hostname: owner.hostname, verdict, lock: path };
  if (verdict === 'other-host') {
    return new CoppiceError(
      'engine-busy',
      `The data directory belongs to the engine of another host, ${owner.hostname} (process ${owner.pid}, since ${owner.at}).`,
      `Stop it there with \`coppice engine stop\`, or set COPPICE_HOME to a folder of this host. If ${owner.hostname} is gone for good, delete ${path}.`,
      { context },
    );
  }
  if (verdict === 'unknown') {
    return new CoppiceError(
      'engine-busy',
      `Whether the engine that owns the data directory (process ${owner.pid}, since ${owner.at}) still lives cannot be told from here.`,
      `It may run in another container. If it does not, delete ${path}.`,
      { context },
    );
  }
  return new CoppiceError(
    'engine-busy',
    `Another engine (process ${owner.pid}, version ${owner.version}) owns the data directory.`,
    'Use it, or stop it with `coppice engine stop`.',
    { context },
  );
}
