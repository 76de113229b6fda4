import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { diskFiles, type FileOperations } from '../../../src/state/file-operations.ts';
import { Projections, type FileChange } from '../../../src/state/projections.ts';

describe('files that show the state, in a folder where somebody else writes', () => {
  let root: string;
  const failures: unknown[] = [];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'coppice-links-'));
    await mkdir(join(root, 'worktree'));
    await mkdir(join(root, 'outside'));
    failures.length = 0;
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function write(change: FileChange, files: FileOperations = diskFiles): Promise<void> {
    const view = { get: () => undefined, all: () => [] };
    const onFailure = (error: unknown): void => void failures.push(error);
    const projections = new Projections({ files, view, project: () => [change], onFailure });
    projections.apply([{ seq: 1, at: 0, type: 't', v: 1, actor: 'engine', data: {}, prev: '', hash: '' }]);
    await projections.close();
  }

  const inWorktree = (): FileChange => ({
    within: join(root, 'worktree'),
    path: join(root, 'worktree', '.coppice', 'deep', 'state.json'),
    content: 'state',
  });

  it('makes its own folders', async () => {
    await write(inWorktree());
    assert.deepEqual(failures, []);
    assert.equal(await readFile(inWorktree().path, 'utf8'), 'state');
  });

  it('never follows a link that was put in their place', async () => {
    await symlink(join(root, 'outside'), join(root, 'worktree', '.coppice'));
    await write(inWorktree());
    assert.deepEqual(await readdir(join(root, 'outside')), []);
    assert.ok(isCoppiceError(failures[0], 'worktree-unsafe'));
  });

  it('does not bring back a worktree that was removed', async () => {
    await rm(join(root, 'worktree'), { recursive: true });
    await write(inWorktree());
    assert.deepEqual(await readdir(root), ['outside']);
    assert.ok(isCoppiceError(failures[0], 'not-found'));
  });

  it('does not bring it back either when it goes away while the file is written', async () => {
    const goes = async (): Promise<void> => {
      await rename(join(root, 'worktree'), join(root, 'trash')).catch(() => undefined);
    };
    const files: FileOperations = {
      ...diskFiles,
      makeDirectory: async (directory) => {
        await goes();
        await diskFiles.makeDirectory(directory);
      },
      open: async (path, mode) => {
        await goes();
        return diskFiles.open(path, mode);
      },
    };
    await write(inWorktree(), files);
    assert.deepEqual(await readdir(root), ['outside', 'trash']);
    assert.equal(failures.length, 1);
  });
});
