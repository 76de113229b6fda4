import { constants } from 'node:fs';
import { mkdir, open, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** A path that the demo agent does not touch, or a file that it cannot change; the message is for people. */
export class RefusedPath extends Error {
  override readonly name = 'RefusedPath';
}

const mostBytes = 1024 * 1024;

/**
 * Adds a line to a file below `root`, making the file and its folders when missing. A file whose last line it is already
 * stays as it is: returns false. Refuses paths outside of the root, also by way of links, and git's own files.
 */
export async function addLine(root: string, path: string, line: string, heading: string): Promise<boolean> {
  const file = await safePath(root, path);
  const handle = await openOwn(file, path);
  try {
    const { size } = await handle.stat();
    if (size > mostBytes) throw new RefusedPath(`${path} is too large to be edited.`);
    const old = (await handle.read(Buffer.alloc(size), 0, size, 0)).buffer.toString('utf8');
    if (old.trimEnd().split('\n').at(-1) === line) return false;
    const before = old === '' ? `${heading}\n\n` : old.endsWith('\n') ? '' : '\n';
    await handle.write(`${before}${line}\n`, size);
    return true;
  } finally {
    await handle.close();
  }
}

/** Writes a file below `root` anew; says whether that changed it. Refuses what `addLine` refuses. */
export async function writeWhole(root: string, path: string, text: string): Promise<boolean> {
  const handle = await openOwn(await safePath(root, path), path);
  try {
    const old = await handle.readFile();
    const bytes = Buffer.from(text);
    if (old.equals(bytes)) return false;
    await handle.truncate();
    await handle.write(bytes, 0, bytes.length, 0);
    return true;
  } finally {
    await handle.close();
  }
}

async function safePath(root: string, path: string): Promise<string> {
  const base = await realpath(root);
  const file = resolve(base, path);
  if (isAbsolute(path) || !isBelow(base, file)) throw new RefusedPath(`${path} is outside of the working directory.`);
  const parts = relative(base, file).split(sep);
  if (parts.some((part) => part.toLowerCase() === '.git')) throw new RefusedPath(`${path} belongs to git.`);
  // The folders that are there may be links; those that are not will be made.
  let folder = base;
  for (const part of parts.slice(0, -1)) {
    folder = join(folder, part);
    const real = await realpath(folder).catch(() => folder);
    if (!isBelow(base, real)) throw new RefusedPath(`${path} leads out of the working directory.`);
  }
  try {
    await mkdir(dirname(file), { recursive: true });
  } catch (error) {
    throw new RefusedPath(`The folder of ${path} cannot be made.`, { cause: error });
  }
  return file;
}

function isBelow(base: string, path: string): boolean {
  const way = relative(base, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Never through a link, and never something that is not a file (a pipe would block). */
async function openOwn(file: string, path: string): Promise<Awaited<ReturnType<typeof open>>> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let handle;
  try {
    handle = await open(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
  } catch (error) {
    throw new RefusedPath(`${path} cannot be written.`, { cause: error });
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new RefusedPath(`${path} is not a file.`);
}
