import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { CoppiceError } from '../../core/errors.ts';
import type { SharedHead, SharedTree } from '../executor.ts';
import { exists, writeWhole } from '../run-files.ts';
import type { LentObjects } from './container.ts';
import { gitDirectoryOf, makeGitDirectory, readHead } from './git-directory.ts';

/** Names the folders of objects that are lent; not in the git directory, which is the agent's. */
const lentFile = 'objects.json';
const lentSchema = z.array(z.string());

/** Worktrees that containers share with this host, each with a git directory of its own. */
export class DockerTree implements SharedTree {
  readonly #folder: (session: string) => string;

  constructor(folder: (session: string) => string) {
    this.#folder = folder;
  }

  async put(session: string, sent: SharedHead): Promise<void> {
    const { branch, objects, borrowed } = sent;
    if (!/^[\w./@+-]+$/u.test(branch)) {
      throw new CoppiceError('bad-usage', `The branch "${branch}" cannot be used in a container.`, 'Rename it.');
    }
    const folder = this.#folder(session);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeWhole(join(folder, lentFile), JSON.stringify([objects, ...borrowed]));
    await makeGitDirectory(folder, sent);
  }

  async keep(session: string): Promise<{ readonly head: string; readonly branch?: string; readonly objects: string }> {
    const path = await gitDirectoryOf(this.#folder(session));
    if (path === undefined) throw new CoppiceError('internal', 'It was never sent.', 'Report this as a bug.');
    return { ...(await readHead(path)), objects: join(path, 'objects') };
  }

  /** What a container gets of it. */
  async mounts(
    session: string,
  ): Promise<{ readonly git: string | undefined; readonly objects: readonly LentObjects[] }> {
    const folder = this.#folder(session);
    const git = await gitDirectoryOf(folder);
    if (git === undefined) return { git, objects: [] };
    const paths = lentSchema.parse(JSON.parse(await readFile(join(folder, lentFile), 'utf8')));
    const objects = paths.map(async (path) => ({ path, lists: await exists(join(path, 'info', 'alternates')) }));
    return { git, objects: await Promise.all(objects) };
  }
}
