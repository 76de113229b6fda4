/** Whether the key that a host shows is the one that the user knows. Reading the files is left to `ssh-keygen`. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { CoppiceError } from '../../core/errors.ts';
import type { SshTarget } from './target.ts';

/** A key of a host in a file of known hosts. */
export interface KnownKey {
  /** e.g. `ssh-ed25519`. */
  readonly type: string;
  /** The public key in base64. */
  readonly key: string;
  readonly revoked: boolean;
}

const run = promisify(execFile);
const limitMs = 10_000;

/** The keys that the user's files have for a host; hashed names are found as well. Those of authorities are left out. */
export async function knownKeys({ knownHostsFiles, keyName }: SshTarget): Promise<readonly KnownKey[]> {
  const found = await Promise.all(
    knownHostsFiles
      .filter((file) => existsSync(file))
      .map(async (file) => {
        // Exit status 1: there is none.
        const answer = await run('ssh-keygen', ['-F', keyName, '-f', file], { timeout: limitMs }).catch(
          () => undefined,
        );
        return parseKnown(answer?.stdout ?? '');
      }),
  );
  return found.flat();
}

/** Lines of a file of known hosts. */
export function parseKnown(text: string): KnownKey[] {
  return text.split('\n').flatMap((line): KnownKey[] => {
    const words = line.trim().split(/\s+/u);
    if (line.startsWith('#') || words.length < 3) return [];
    const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined;
    const [, type, key] = words;
    if (type === undefined || key === undefined || marker === '@cert-authority') return [];
    return [{ type, key, revoked: marker === '@revoked' }];
  });
}

/** `SHA256:…`, as ssh shows a key. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/u, '')}`;
}

/** Throws `executor-missing` unless the key is known and not revoked. */
export function judgeKey({ name, keyName }: SshTarget, known: readonly KnownKey[], key: Buffer): void {
  const shown = key.toString('base64');
  const print = fingerprint(key);
  const same = known.filter((each) => each.key === shown);
  if (same.some(({ revoked }) => !revoked) && !same.some(({ revoked }) => revoked)) return;
  const context = { host: name, fingerprint: print };
  if (same.length > 0) {
    const next = 'Do not connect; ask whoever runs the host.';
    throw new CoppiceError('executor-missing', `The key of ${keyName} (${print}) was revoked.`, next, { context });
  }
  if (known.some(({ revoked }) => !revoked)) {
    throw new CoppiceError(
      'executor-missing',
      `The key of ${keyName} has CHANGED: it shows ${print}, which is not the one that you know. Somebody may be listening in.`,
      `Ask whoever runs the host. If the change is theirs: ssh-keygen -R '${keyName}', then \`ssh ${name}\` once.`,
      { context },
    );
  }
  throw new CoppiceError(
    'executor-missing',
    `The key of ${keyName} is not known yet: it shows ${print}.`,
    `Compare it with that of the host, then accept it by connecting once: ssh ${name}`,
    { context },
  );
}
