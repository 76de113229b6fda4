/** What the user's own configuration of OpenSSH says about a host, so that a host is named here as it is for `ssh`. */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CoppiceError, systemCode } from '../../core/errors.ts';

/** Where and as whom to connect. Paths are absolute. */
export interface SshTarget {
  /** As the user names it. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Files of private keys, tried in order; some may not exist. */
  readonly identityFiles: readonly string[];
  /** Socket of the user's key agent; undefined: none is used. */
  readonly agent: string | undefined;
  readonly knownHostsFiles: readonly string[];
  /** The name under which the host's key is known. */
  readonly keyName: string;
  /** Seconds between questions whether the host is still there, as the user wants them of `ssh`; 0: none are asked. */
  readonly keepAliveSeconds: number;
}

/** A host as `ssh` takes it: an alias of the configuration, a name or an address, with a user if wanted. */
export const hostPattern = /^(?:[A-Za-z0-9_][\w.-]*@)?[A-Za-z0-9][\w.:-]*$/u;

const run = promisify(execFile);
const limitMs = 10_000;

/**
 * Asks `ssh -G`. `env` decides whose configuration it is. Throws `bad-usage`, `executor-missing` (no ssh here, or a
 * configuration that needs a proxy).
 */
export async function sshTarget(name: string, env: NodeJS.ProcessEnv): Promise<SshTarget> {
  if (!hostPattern.test(name)) {
    throw new CoppiceError(
      'bad-usage',
      `"${name}" is not the name of a host.`,
      'Write it as for `ssh`: `ssh:build1`, or `ssh:me@build1.example.com`.',
    );
  }
  const home = env['HOME'] ?? homedir();
  return parseTarget(name, await ask(name, ['-G', '--', name], env), home, env['SSH_AUTH_SOCK']);
}

async function ask(name: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return (await run('ssh', [...args], { env, timeout: limitMs })).stdout;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      const next = 'Install the OpenSSH client and put `ssh` on the PATH.';
      throw new CoppiceError('executor-missing', 'ssh was not found on this host.', next, { cause: error });
    }
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new CoppiceError(
      'executor-missing',
      `The configuration of ssh for ${name} cannot be read: ${said.split('\n')[0] ?? ''}`,
      `See what \`ssh -G ${name}\` says.`,
      { cause: error },
    );
  }
}

/** The answer of `ssh -G`. */
export function parseTarget(name: string, text: string, home: string, authSock: string | undefined): SshTarget {
  const all = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const at = line.indexOf(' ');
    if (at > 0) all.set(line.slice(0, at), [...(all.get(line.slice(0, at)) ?? []), line.slice(at + 1)]);
  }
  const one = (key: string): string | undefined => all.get(key)?.[0];
  for (const key of ['proxyjump', 'proxycommand']) {
    if (one(key) === undefined || one(key) === 'none') continue;
    throw new CoppiceError(
      'executor-missing',
      `The configuration of ssh reaches ${name} through a proxy (${key}), which this executor cannot use yet.`,
      'Open a tunnel with `ssh -L`, and name its end as the host.',
    );
  }
  const path = (file: string): string => (file.startsWith('~/') ? join(home, file.slice(2)) : file);
  const host = one('hostname') ?? name;
  const port = Number(one('port') ?? 22);
  const files = [one('userknownhostsfile'), one('globalknownhostsfile')].flatMap((each) => each?.split(' ') ?? []);
  return {
    ...{ name, host, port },
    user: one('user') ?? '',
    identityFiles: (all.get('identityfile') ?? []).map(path),
    agent: agentOf(one('identityagent'), authSock, path),
    knownHostsFiles: files.filter((file) => file !== 'none').map(path),
    keepAliveSeconds: Number(one('serveraliveinterval') ?? 0),
    keyName: one('hostkeyalias') ?? (port === 22 ? host : `[${host}]:${port}`),
  };
}

function agentOf(
  configured: string | undefined,
  authSock: string | undefined,
  path: (file: string) => string,
): string | undefined {
  if (configured === 'none') return undefined;
  if (configured === undefined || configured === 'SSH_AUTH_SOCK' || configured.startsWith('$')) return authSock;
  return path(configured);
}
