/** Where a link or a path of an agent may lead: a web page, or a file of the worktree. Nowhere else. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import * as l10n from '@vscode/l10n';
import { CoppiceError } from '../../core/errors.ts';

/**
 * The address of a web page that a link may open.
 *
 * @throws CoppiceError `bad-usage` for every other scheme
 */
export function webAddress(href: string): string {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:')) return url.href;
  throw new CoppiceError(
    'bad-usage',
    l10n.t('This link leads to no web page.'),
    l10n.t('Only addresses that begin with http:// or https:// are opened.'),
  );
}

/**
 * The path of a file of the worktree, links followed.
 *
 * @param path relative to the worktree, or absolute
 * @throws CoppiceError `not-found` if it is not there or not in the worktree
 */
export async function fileInWorktree(worktree: string, path: string): Promise<string> {
  const top = await realpath(worktree).catch(() => undefined);
  const file = top === undefined ? undefined : await realpath(resolve(top, path)).catch(() => undefined);
  if (top === undefined || file === undefined) throw notThere(l10n.t('There is no such file in the worktree.'));
  if (!isBelow(top, file)) throw notThere(l10n.t('This path leads out of the worktree.'));
  return file;
}

/** A path relative to the worktree that stays in it, whether or not there is such a file; undefined for any other. */
export function treePath(worktree: string, path: string): string | undefined {
  const way = relative(worktree, resolve(worktree, path));
  return way === '' || !isBelow(worktree, resolve(worktree, way)) ? undefined : way.split(sep).join('/');
}

function isBelow(top: string, path: string): boolean {
  const way = relative(top, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function notThere(message: string): CoppiceError {
  return new CoppiceError('not-found', message, l10n.t('Look for it in the files of the worktree.'));
}
