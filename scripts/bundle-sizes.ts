/** How large what the build made for VS Code is, and how large it may be. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export const largest = {
  /** The extension with the packages that it reads later, bytes. */
  extension: 400_000,
  /** The script and the style sheet of one panel, each gzipped, bytes. */
  panel: 100_000,
} as const;

/** What the extension host reads: every file of it with its bytes. @param dist where the build wrote to */
export async function extensionFiles(dist: string): Promise<ReadonlyMap<string, Buffer>> {
  return filesOf(dist, /\.cjs$/u);
}

/** Every panel with the bytes of its script and its style sheet, gzipped. @param dist where the build wrote to */
export async function panelBytes(dist: string): Promise<ReadonlyMap<string, number>> {
  const bytes = new Map<string, number>();
  for (const [name, content] of await filesOf(join(dist, 'webview'), /\.(js|css)$/u)) {
    const panel = name.replace(/\.\w+$/u, '');
    bytes.set(panel, (bytes.get(panel) ?? 0) + gzipSync(content).length);
  }
  return bytes;
}

async function filesOf(folder: string, which: RegExp): Promise<Map<string, Buffer>> {
  const names = (await readdir(folder)).filter((name) => which.test(name));
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}
