import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError } from '../../core/errors.ts';
import type { SharedHead, SharedTree } from '../executor.ts';
import { writeWhole } from '../run-files.ts';
import { gitDirectoryOf, makeGitDirectory, readHead } from './git-directory.ts';

/** Worktrees that containers share with this host, each with a git directory of its own. */
export class DockerTree implements SharedTree {
  readonly #folder: (session: string) => string;

  constructor(folder: (session: string) => string) {
    this.#folder = folder;
  }

  async put(session: string, sent: SharedHead): Promise<void> {
    const { branch, objects } = sent;
    if (!/^[\w./@+-]+$/u.test(branch)) {
      throw new CoppiceError('bad-usage', `The branch "${branch}" cannot be used in a container.`, 'Rename it.');
    }
    const folder = this.#folder(session);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeWhole(join(folder, 'objects'), objects);
    await makeGitDirectory(folder, sent);
  }

  async keep(session: string): Promise<{ readonly head: string; readonly branch?: string; readonly objects: string }> {
    const path = await gitDirectoryOf(this.#folder(session));
    if (path === undefined) throw new CoppiceError('internal', 'It was never sent.', 'Report this as a bug.');
    return { ...(await readHead(path)), objects: join(path, 'objects') };
  }

  /** What a container gets of it. */
  async mounts(session: string): Promise<{ readonly git: string | undefined; readonly objects: string | undefined }> {
    const folder = this.#folder(session);
    const git = await gitDirectoryOf(folder);
    if (git === undefined) return { git: undefined, objects: undefined };
    return { git, objects: await readFile(join(folder, 'objects'), 'utf8') };
  }
}
