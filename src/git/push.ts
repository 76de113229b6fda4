/**
 * Pushes a branch to its remote. The one place where Coppice's git reaches out: only to an address that the repository's
 * configuration names, by git's own transports, with the user's own credentials; never by force, and never to a branch
 * that belongs to people.
 */
import { CoppiceError } from '../core/errors.ts';
import { branchFacts, isProtected } from './facts.ts';
import type { ConfigEntry } from './environment.ts';
import { ownIdentity } from './identity.ts';
import { includedSince } from './include.ts';
import type { Repository } from './repository.ts';

/** Where a branch goes. */
export interface Remote {
  readonly name: string;
  readonly url: string;
}

/** A remote that does not answer is not waited for longer. */
const pushMs = 120_000;
const transports = 'file:git:http:https:ssh';
/** What the user's own settings add to a push of theirs: hooks, tags on the way, submodules, a signature that somebody types for. */
const onlyThis = ['--porcelain', '--no-verify', '--no-follow-tags', '--recurse-submodules=no', '--no-signed'];

/**
 * The remote of a branch: its own, the one to which everything is pushed, `origin`, or the only one. Undefined without
 * any, and when its address is no plain one (`ext::…` runs a program).
 */
export async function remoteOf(repository: Repository, branch: string): Promise<Remote | undefined> {
  const own = await repository.own();
  const urls = new Map(
    [...own].flatMap(([key, url]) => {
      const name = /^remote\.(.+)\.url$/.exec(key)?.[1];
      return name === undefined ? [] : [[name, own.get(`remote.${name}.pushurl`) ?? url] as const];
    }),
  );
  const wanted = own.get(`branch.${branch.toLowerCase()}.pushremote`) ?? own.get('remote.pushdefault') ?? 'origin';
  const [only] = urls.size === 1 ? urls.keys() : [];
  const name = urls.has(wanted.toLowerCase()) ? wanted : only;
  const url = name === undefined ? undefined : urls.get(name.toLowerCase());
  return name === undefined || url === undefined || !isPlainUrl(url) ? undefined : { name, url };
}

/** An address that names no program: `<helper>::…` would, and what begins with a hyphen is an option. */
export function isPlainUrl(url: string): boolean {
  if (url.startsWith('-') || /\p{Cc}/u.test(url) || /^[A-Za-z0-9+.-]+::/.test(url)) return false;
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1]?.toLowerCase();
  return scheme === undefined || transports.split(':').includes(scheme);
}

/**
 * Pushes one commit as a branch of that name. Its work began at the commit `base`.
 *
 * @param env of the person who asked: where their agent for keys is.
 * @throws CoppiceError `default-branch` (the branch belongs to people), `private-file` (it has a file that the main checkout keeps
 * out of git), `git-failed` (refused, not reachable), `timed-out`.
 */
export async function pushBranch(
  repository: Repository,
  remote: Remote,
  what: { readonly branch: string; readonly commit: string; readonly base: string },
  options: { readonly env: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
): Promise<void> {
  const { branch, commit, base } = what;
  if (isProtected(await branchFacts(repository), branch)) {
    throw new CoppiceError('default-branch', `${branch} is never pushed: it belongs to people.`, 'Push it yourself.', {
      context: { branch },
    });
  }
  const [first, ...more] = await includedSince(repository, base, commit);
  if (first !== undefined) {
    const files = more.length === 0 ? first : `${first} and ${more.length} more`;
    throw new CoppiceError(
      'private-file',
      `${branch} is not pushed: it has ${files}, which your checkout ignores and .worktreeinclude had copied.`,
      'Have it taken out of the commits of the branch, or push it yourself.',
      { context: { branch, path: first } },
    );
  }
  const { signal, env } = options;
  await repository.run(['push', ...onlyThis, '--', remote.url, `${commit}:refs/heads/${branch}`], {
    timeoutMs: pushMs,
    config: await transportConfig(repository),
    extraEnv: { ...agentOf(env), GIT_ALLOW_PROTOCOL: transports },
    ...(signal === undefined ? {} : { signal }),
  });
  // The remote was named by its address, so git does not note this itself.
  const ref = `refs/remotes/${remote.name}/${branch}`;
  await repository.run(['update-ref', ref, commit], { extraEnv: ownIdentity });
}

/** What reaches the person's own keys. */
function agentOf(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    ['SSH_AUTH_SOCK', 'HOME'].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
}

/** The person's own programs for transports, from outside the repository; those of the repository are never taken. */
async function transportConfig(repository: Repository): Promise<ConfigEntry[]> {
  const users = await repository.users();
  const helpers = users.filter(({ key }) => key.toLowerCase().startsWith('credential.'));
  const ssh = users.findLast(({ key }) => key.toLowerCase() === 'core.sshcommand')?.value ?? 'ssh';
  return [
    { key: 'core.sshCommand', value: `${ssh} -o BatchMode=yes` },
    { key: 'protocol.allow', value: 'user' },
    ...helpers.map(({ key, value }) => ({ key, value })),
  ];
}
