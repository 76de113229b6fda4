import { isUtf8 } from 'node:buffer';
import { contentInTree, contentOnDisk, entryOf, type Content } from '../../git/content.ts';
import { diffTrees } from '../../git/diff.ts';
import { hunksBetween, type Hunk } from '../../git/hunks.ts';
import type { Repository } from '../../git/repository.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { FileContent } from '../../protocol/diff-schemas.ts';
import { placeOf, treeOfSide } from '../review/sides.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';

type DiffHandlers = Pick<Handlers<Requests, ClientContext>, 'diff/summary' | 'diff/file' | 'diff/hunks'>;

/** What changed in a session's files. Asking changes nothing: neither the worktree nor its index nor its branch. */
export function diffHandlers(services: Services): DiffHandlers {
  return {
    'diff/summary': async ({ session: key, from, to, limit }) => {
      const session = services.store.find(key);
      const place = await placeOf(services, session);
      const [before, after] = await Promise.all([
        treeOfSide(services, place, session, from),
        treeOfSide(services, place, session, to),
      ]);
      const files = await diffTrees(place.repository, before.tree, after.tree);
      return {
        from: { side: from, tree: before.tree },
        to: { side: to, tree: after.tree },
        total: {
          files: files.length,
          insertions: files.reduce((sum, each) => sum + (each.insertions ?? 0), 0),
          deletions: files.reduce((sum, each) => sum + (each.deletions ?? 0), 0),
        },
        files: files.slice(0, limit),
        remarks: [...new Set([...before.remarks, ...after.remarks])],
      };
    },
    'diff/hunks': async ({ session: key, from, to, path }) => {
      const session = services.store.find(key);
      const place = await placeOf(services, session);
      const [before, after] = await Promise.all([
        treeOfSide(services, place, session, from),
        treeOfSide(services, place, session, to),
      ]);
      return { from: before.tree, to: after.tree, ...(await hunksOf(place.repository, before.tree, after.tree, path)) };
    },
    'diff/file': async ({ session: key, side, path, maxBytes }) => {
      const session = services.store.find(key);
      const { repository, place } = await placeOf(services, session);
      if (side === 'worktree') return view(await contentOnDisk(place.path, path, maxBytes));
      const { tree } = await treeOfSide(services, { repository, place }, session, side);
      return view(await contentInTree(repository, place, tree, path, maxBytes));
    },
  };
}

async function hunksOf(
  repository: Repository,
  from: string,
  to: string,
  path: string,
): Promise<{ hunks: Hunk[]; whole?: string }> {
  const [before, after] = await Promise.all([entryOf(repository, from, path), entryOf(repository, to, path)]);
  if (before?.mode.startsWith('100') !== true || after?.mode.startsWith('100') !== true) {
    return { hunks: [], whole: 'It is not a file on both sides.' };
  }
  const hunks = await hunksBetween(repository, before.id, after.id);
  return hunks === undefined ? { hunks: [], whole: 'It is binary or very large.' } : { hunks };
}

function view(content: Content | undefined): FileContent {
  if (content === undefined) return { state: 'missing' };
  const { mode, size, bytes } = content;
  if (bytes === undefined) return { state: 'too-large', mode, size };
  const isText = isUtf8(bytes) && !bytes.includes(0);
  return {
    ...{ state: 'there', mode, size },
    encoding: isText ? 'text' : 'base64',
    content: bytes.toString(isText ? 'utf8' : 'base64'),
  };
}
