/**
 * The stash is one for all worktrees of a repository, and any program in any of them may take an entry that another one put
 * there. So the entries that there are while a session works are kept under a ref of its own, `refs/coppice/<session>/stash`: what
 * goes from the stash can be brought back. Nothing here changes the stash itself.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { oneLine } from '../core/printable.ts';
import { textOf } from './door.ts';
import { endOf } from './files.ts';
import { ownIdentity } from './identity.ts';
import { setOwnRef } from './own-refs.ts';
import type { Repository } from './repository.ts';

/** One entry, as whoever made it named it. */
export interface StashEntry {
  readonly commit: string;
  /** Such as `WIP on main: 1a2b3c4 Subject`. */
  readonly subject: string;
}

/** Entries of the stash of a repository against those that were there while a session worked. */
export interface StashNews {
  /** On the stash at the moment, made on the session's branch. */
  readonly own: readonly StashEntry[];
  /** On the stash no more, and not made on the session's branch. */
  readonly gone: readonly StashEntry[];
}

/** So many are kept by one commit; whoever has more has not looked at them for a long time. */
const most = 500;

function keptRef(session: string): string {
  return `refs/coppice/${session}/stash`;
}

/** A word that changes with the stash, without a git process; undefined: it has no entries. */
export async function stashMark(repository: Repository): Promise<string | undefined> {
  const info = await stat(logOf(repository), { bigint: true }).catch(() => undefined);
  return info?.isFile() === true && info.size > 0n ? `${info.ino}:${info.size}:${info.mtimeNs}` : undefined;
}

/** Keeps all entries that there are. Repeating it is harmless. Throws as `setOwnRef`. */
export async function keepStash(repository: Repository, session: string): Promise<void> {
  if ((await stashMark(repository)) === undefined) return;
  await repository.exclusive('stash', async () => {
    const ref = keptRef(session);
    const before = await repository.run(['rev-parse', '--quiet', '--verify', ref], { okCodes: [0, 1] });
    const previous = before.code === 0 ? textOf(before) : undefined;
    const kept = previous === undefined ? [] : await entriesIn(repository, previous);
    const known = new Set(kept.map(({ commit }) => commit));
    const fresh = (await onStash(repository)).filter(({ commit }) => !known.has(commit));
    const [first] = fresh;
    if (first === undefined) return;
    const parents = [...(previous === undefined ? [] : [previous]), ...fresh.map(({ commit }) => commit)];
    const lines = [...fresh, ...kept].slice(0, most).map(({ commit, subject }) => `${commit} ${subject}`);
    const args = ['commit-tree', '--no-gpg-sign', ...parents.flatMap((each) => ['-p', each]), `${first.commit}^{tree}`];
    const input = `Stash entries while a session worked\n\n${lines.join('\n')}\n`;
    const made = await repository.run([...args, '-F', '-'], { input, extraEnv: ownIdentity });
    await setOwnRef(repository, ref, textOf(made).trim(), previous ?? '');
  });
}

/** What a person should know of the stash after a session worked on this branch. */
export async function stashNews(repository: Repository, session: string, branch: string): Promise<StashNews> {
  const answer = await repository.run(['rev-parse', '--quiet', '--verify', keptRef(session)], { okCodes: [0, 1] });
  if (answer.code !== 0) return { own: [], gone: [] };
  const kept = await entriesIn(repository, textOf(answer));
  const present = new Set((await onStash(repository)).map(({ commit }) => commit));
  const isOwn = ({ subject }: StashEntry): boolean =>
    subject.startsWith(`WIP on ${branch}: `) || subject.startsWith(`On ${branch}: `);
  return {
    own: kept.filter((each) => isOwn(each) && present.has(each.commit)),
    gone: kept.filter((each) => !isOwn(each) && !present.has(each.commit)),
  };
}

/** The news as sentences. */
export function stashRemarks({ own, gone }: StashNews): string[] {
  return [
    ...own.map(
      ({ commit, subject }) =>
        `It left “${oneLine(subject, 120)}” on the stash, which all worktrees share: that is not on the branch. ` +
        `\`git stash apply ${commit}\` brings it into a worktree.`,
    ),
    ...gone.map(
      ({ commit, subject }) =>
        `“${oneLine(subject, 120)}” went from the stash, which all worktrees share, while it worked. It is kept: ` +
        `\`git stash store ${commit}\` puts it back.`,
    ),
  ];
}

/** The entries are the reflog of `refs/stash`: its file is read, the newest entry first. */
async function onStash(repository: Repository): Promise<StashEntry[]> {
  const text = await endOf(logOf(repository));
  return text
    .split('\n')
    .flatMap((line) => {
      const found = /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) [^\t]*\t(.*)$/u.exec(line);
      return found === null ? [] : [{ commit: found[1] ?? '', subject: found[2] ?? '' }];
    })
    .slice(-most)
    .reverse();
}

function logOf({ location: { commonDir } }: Repository): string {
  return join(commonDir, 'logs', 'refs', 'stash');
}

async function entriesIn(repository: Repository, commit: string): Promise<StashEntry[]> {
  return entriesOf(textOf(await repository.run(['show', '-s', '--format=%B', commit, '--'])));
}

function entriesOf(text: string): StashEntry[] {
  return text.split('\n').flatMap((line) => {
    const found = /^([0-9a-f]{40,64}) (.*)$/u.exec(line);
    return found === null ? [] : [{ commit: found[1] ?? '', subject: found[2] ?? '' }];
  });
}
