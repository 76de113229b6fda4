import { CoppiceError, systemCode } from '../core/errors.ts';
import { runProcess } from './process.ts';

const limitMs = 10 * 60_000;

/**
 * Writes these files and links of a folder, named by their paths in it, to the archive `to` (tar). Gives its path.
 *
 * @throws CoppiceError `script-failed` when there is no `tar` or it fails.
 */
export async function archive(folder: string, names: readonly string[], to: string): Promise<string> {
  const call = {
    file: 'tar',
    // With --null no name is taken for an option.
    args: ['-C', folder, '--null', '-T', '-', '-cf', to],
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
    input: names.map((name) => `${name}\0`).join(''),
    timeoutMs: limitMs,
    maxBytes: 1024 * 1024,
  };
  const end = await runProcess(call).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new CoppiceError('script-failed', 'There is no `tar`, which packs files for other hosts.', 'Install it.');
  });
  if (end.code === 0) return to;
  throw new CoppiceError(
    'script-failed',
    `The ignored files could not be packed for the other host: ${end.stderr.trim().split('\n').at(-1) ?? ''}`,
    'Look at the files that `.worktreeinclude` names, or set `worktrees.copyIgnored` to false.',
    { context: { stderr: end.stderr.slice(-2000) } },
  );
}
