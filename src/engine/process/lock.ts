/**
 * The lock of a data directory: at most one engine owns it, and no process takes it from one that may be alive.
 *
 * The lock is a file that names its owner by a nonce which never recurs. It is made by `link`, which fails if the name is
 * there. A lock whose owner is proven dead is replaced by `rename`; the right to do so is a second file, named after the dead
 * owner's nonce and made by `link` as well. So each owner has at most one successor, a successor that dies before its rename
 * is succeeded in the same way, and after a claim was won the lock is read again: whoever claims on stale knowledge sees a
 * nonce that is not in the line of those it knows to be dead, and gives its claim back. Nothing is ever decided by age.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError, systemCode } from '../../core/errors.ts';
import type { Host } from './host.ts';
import { heldBy, judge, readOwner, type Owner, type Verdict } from './owner.ts';
import { createPrivateFile } from './private-file.ts';
import { beginPulse, feelPulse, type Pulse } from './pulse.ts';

/** Which data directory is taken, and what the lock then says of its owner. */
export interface LockOptions {
  /** Real path of the data directory. */
  readonly home: string;
  readonly host: Host;
  /** Release version of the engine. */
  readonly version: string;
}

/** A data directory that this process holds until it releases it, or somebody removes or replaces the lock's file. */
export interface Lock {
  readonly owner: Owner;
  /** What the lock says at present; `unknown` if it cannot be read. Takes a few microseconds. */
  look(): 'ours' | 'lost' | 'unknown';
  /**
   * Looks at the lock and throws `read-only` if it is not ours any more, or cannot be read. To be called before every write
   * to the journal.
   */
  check(): void;
  /** Gives the lock up and removes what was made for it; what is not ours stays. */
  release(): Promise<void>;
}

export type Acquired =
  | { readonly status: 'acquired'; readonly lock: Lock }
  | {
      readonly status: 'held';
      readonly owner: Owner;
      readonly verdict: Exclude<Verdict, 'ended'>;
      readonly error: CoppiceError;
    };

/** The lock may change hands while it is looked at; more often than that it does not without end. */
const attempts = 100;
const unsupported: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * Takes the lock if nobody holds it, or if its owner is proven dead.
 *
 * @throws CoppiceError `corrupt` (a lock that cannot be read), `config-invalid` (a file system without hard links)
 */
export async function acquireLock(options: LockOptions): Promise<Acquired> {
  const { home, host, version } = options;
  const nonce = randomBytes(16).toString('hex');
  const owner: Owner = { ...host.self, nonce, version, at: new Date().toISOString() };
  const names = lockNames(home);
  let pulse: Pulse | undefined;
  try {
    await createPrivateFile(names.draft(nonce), `${JSON.stringify(owner)}\n`);
    pulse = await beginPulse(home, names.pulse(nonce));
    const holder = await contend(owner, host, names);
    if (holder === undefined) {
      await tidy(owner, host, names);
      return { status: 'acquired', lock: own(owner, names, pulse) };
    }
    await pulse?.stop();
    return { status: 'held', ...holder, error: heldBy(holder.owner, holder.verdict, names.lock) };
  } catch (error) {
    await pulse?.stop();
    throw error;
  } finally {
    await rm(names.draft(nonce), { force: true });
  }
}

interface Names {
  readonly home: string;
  readonly lock: string;
  /** A file with the owner's record, from which the lock is made by `link` or `rename`. */
  draft(nonce: string): string;
  /** The claim to succeed a dead owner. */
  claim(dead: string): string;
  /** Name of the owner's sign of life, in the data directory. */
  pulse(nonce: string): string;
}

function lockNames(home: string): Names {
  return {
    home,
    lock: join(home, 'lock'),
    draft: (nonce) => join(home, `.lock-draft-${nonce}`),
    claim: (dead) => join(home, `.lock-after-${dead}`),
    pulse: (nonce) => `.lock-pulse-${nonce}`,
  };
}

type Holder = { readonly owner: Owner; readonly verdict: Exclude<Verdict, 'ended'> };

/** Undefined once the lock is ours. */
async function contend(self: Owner, host: Host, names: Names): Promise<Holder | undefined> {
  const draft = names.draft(self.nonce);
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await made(draft, names.lock)) return undefined;
    const owner = await readOwner(names.lock);
    if (owner === undefined) continue; // released since
    if (owner.nonce === self.nonce) return undefined; // made, although the file system said it was not (NFS)
    const outcome = await succeed(owner, self, host, names);
    if (outcome === 'succeeded') return undefined;
    if (outcome !== 'changed') return outcome;
  }
  throw new CoppiceError('engine-busy', `The lock ${names.lock} changes hands all the time.`, 'Try again.');
}

/** Takes the lock of a dead owner. `changed`: it is somebody else's by this time. */
async function succeed(dead: Owner, self: Owner, host: Host, names: Names): Promise<Holder | 'succeeded' | 'changed'> {
  const line: Owner[] = [];
  let last: Owner | undefined = dead;
  while (last !== undefined) {
    const verdict = await judge(last, host, pulseOf(last, names));
    if (verdict !== 'ended') return { owner: last, verdict };
    line.push(last);
    const claim = names.claim(last.nonce);
    if (await made(names.draft(self.nonce), claim)) {
      const taken = await replace(line, self, names);
      if (!taken) await rm(claim, { force: true });
      return taken ? 'succeeded' : 'changed';
    }
    last = await readOwner(claim);
  }
  return 'changed';
}

/** Holding the claim after the last of a line of dead owners: puts our record in the place of the lock. */
async function replace(line: readonly Owner[], self: Owner, names: Names): Promise<boolean> {
  const present = await readOwner(names.lock);
  if (!line.some(({ nonce }) => nonce === present?.nonce)) return false;
  await rename(names.draft(self.nonce), names.lock);
  for (const { nonce } of line) {
    await rm(names.claim(nonce), { force: true });
    await rm(join(names.home, names.pulse(nonce)), { force: true });
  }
  return (await readOwner(names.lock))?.nonce === self.nonce;
}

/** Gives a file a second name, unless that name is taken. */
async function made(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'EEXIST') return false;
    if (!unsupported.has(code)) throw error;
    throw new CoppiceError(
      'config-invalid',
      `The file system of ${to} has no hard links (${code}), so it cannot hold the data directory.`,
      'Set COPPICE_HOME to a folder on a local disk of this system (in WSL: not below /mnt).',
      { cause: error },
    );
  }
}

const leftover = /^\.lock-(?:draft|after)-([0-9a-f]{32})$/;

/**
 * Removes what contenders left that were killed in between: drafts and claims whose maker is proven dead. The nonce in the
 * name is that of the maker (draft) or of one whom the maker knew to be dead (claim), so its sign of life goes, too.
 */
async function tidy(self: Owner, host: Host, names: Names): Promise<void> {
  for (const file of await readdir(names.home)) {
    const nonce = leftover.exec(file)?.[1];
    if (nonce === undefined) continue;
    const path = join(names.home, file);
    const maker = await readOwner(path).catch(() => undefined); // torn: whose it is cannot be told, so it stays
    if (maker === undefined || maker.nonce === self.nonce) continue;
    if ((await judge(maker, host, pulseOf(maker, names))) !== 'ended') continue;
    await rm(path, { force: true });
    await rm(join(names.home, names.pulse(nonce)), { force: true });
  }
}

function pulseOf({ nonce }: Owner, names: Names): () => ReturnType<typeof feelPulse> {
  return () => feelPulse(names.home, names.pulse(nonce));
}

function own(owner: Owner, names: Names, pulse: Pulse | undefined): Lock {
  let released = false;
  const look: Lock['look'] = () => {
    if (released) return 'lost';
    try {
      return readFileSync(names.lock, 'utf8').includes(owner.nonce) ? 'ours' : 'lost';
    } catch (error) {
      return systemCode(error) === 'ENOENT' ? 'lost' : 'unknown';
    }
  };
  return {
    owner,
    look,
    check() {
      const state = look();
      if (state !== 'ours') throw lost(names.lock, state);
    },
    async release() {
      if (released) return;
      released = true;
      const present = await readOwner(names.lock).catch(() => undefined);
      if (present?.nonce === owner.nonce) await rm(names.lock, { force: true });
      await pulse?.stop();
    },
  };
}

/** The data directory is not this engine's any more, or that cannot be told. */
export function lost(path: string, state: 'lost' | 'unknown'): CoppiceError {
  const why = state === 'lost' ? 'the lock names another one, or was removed' : 'the lock cannot be read';
  return new CoppiceError(
    'read-only',
    `This engine does not own the data directory any more: ${why} (${path}).`,
    'Connect again: the engine that owns it answers, or another one is started.',
    { context: { lock: path } },
  );
}
