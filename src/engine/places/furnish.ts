/** What a worktree on another host gets once, before an agent starts in it: ignored files, and what set-up commands make there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place, Session } from '../../core/session/state.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { ownNames } from '../../core/worktree/own-names.ts';
import type { AwayTree } from '../../executors/executor.ts';
import { archive } from '../../git/archive.ts';
import { includedIn, patternOf } from '../../git/include.ts';
import type { Repository } from '../../git/repository.ts';
import { runScript } from '../../git/script.ts';
import type { Store } from '../sessions/store.ts';

/** What it takes to furnish any worktree. */
export interface FurnishOptions {
  readonly store: Store;
  /** Settings in force for the repository at `root`. */
  settings(root: string): Promise<Settings>;
  /** Folder for the output of a session's scripts. */
  sessionFolder(session: string): string;
  /** Aborted when the engine stops; the next one begins again. */
  readonly stopping: AbortSignal;
}

/** A worktree that was just made on another host. `folder` takes the archive on its way. */
export interface Bare {
  readonly session: Session;
  readonly place: Place;
  readonly repository: Repository;
  readonly tree: AwayTree;
  readonly folder: string;
}

/**
 * Sends the ignored files of the worktree here that `.worktreeinclude` names, and runs the set-up commands there, each with its limit
 * of time. Cut short at any point, it is done again from its start.
 *
 * @throws CoppiceError as `runScript`, and `unreachable`.
 */
export async function furnish(bare: Bare, { store, stopping, ...options }: FurnishOptions): Promise<void> {
  const { session, place, repository, tree, folder } = bare;
  const settings = await options.settings(session.repository.root);
  const commands = settings['worktrees.setup'];
  const names = settings['worktrees.copyIgnored'] ? await includedIn(repository, place.path) : [];
  if (commands.length === 0 && names.length === 0) return;
  // What is kept out of git here by the user's own rules must not come home as work.
  await tree.ignore(session.id, repository.location.id, [...(await ownRules(repository)), ...names.map(patternOf)]);
  if (names.length > 0) await tree.fill(session.id, await archive(place.path, names, join(folder, 'ignored.tar')));
  const known = store.all('worktree').map(({ path }) => path);
  for (const command of commands) {
    await runScript({
      command,
      cwd: place.path,
      env: { ...ownNames(place, known), ...session.requester.env, COPPICE_SESSION_ID: session.id },
      timeoutMs: settings['worktrees.scriptTimeoutSeconds'] * 1000,
      outputFile: join(options.sessionFolder(session.id), 'setup.log'),
      signal: stopping,
      run: (call) => tree.script(session.id, call),
    });
  }
  await tree.furnished(session.id);
}

/** What the repository's own exclude file says. */
async function ownRules({ location }: Repository): Promise<string[]> {
  const text = await readFile(join(location.commonDir, 'info', 'exclude'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
}
