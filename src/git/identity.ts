/** In whose name Coppice commits. */
import type { Repository } from './repository.ts';

/** A name and an e-mail address for git. */
export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** Whoever commits what Coppice keeps for itself. */
export const ours: Identity = { name: 'Coppice', email: 'coppice@localhost' };

/** The user's configured identity if it is complete, else Coppice's own; never one that git guesses from the host. */
export async function configuredIdentity(repository: Repository): Promise<Identity> {
  const settings = await repository.settings();
  const [name, email] = [settings.get('user.name')?.trim() ?? '', settings.get('user.email')?.trim() ?? ''];
  return name === '' || email === '' ? ours : { name, email };
}

/** Variables for a commit: the author may be somebody else than the committer. */
export function identityVariables(committer: Identity, author: Identity = committer): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: oneLine(author.name),
    GIT_AUTHOR_EMAIL: oneLine(author.email),
    GIT_COMMITTER_NAME: oneLine(committer.name),
    GIT_COMMITTER_EMAIL: oneLine(committer.email),
  };
}

/** Variables for what Coppice keeps for itself (refs under `refs/coppice`). */
export const ownIdentity = identityVariables(ours);

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}<>]+/gu, ' ').trim() || 'unknown';
}
