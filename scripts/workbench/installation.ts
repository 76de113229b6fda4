/** What a workbench is made with: code-server, a browser, the extension as it is installed. */
import { cp, glob, mkdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installedChromium } from '../bootstrap/chromium.mjs';
import { installedCodeServer } from '../bootstrap/code-server.mjs';

/** The root of this repository. */
export const root = join(import.meta.dirname, '..', '..');

/** The program of code-server. */
export function codeServer(): string {
  const found = installedCodeServer(process.env);
  if (found === undefined) throw new Error('code-server is not installed. Run: node scripts/bootstrap/workbench.mjs');
  return found;
}

/** What runs a program of code-server: this Node where it is JavaScript. Another may bring its own Node. */
export function runs(program: string): [string, ...string[]] {
  return program.endsWith('.js') ? [process.execPath, program] : [program];
}

/** The program of the browser. */
export function chromium(): string {
  const found = installedChromium(process.env);
  if (found === undefined) throw new Error('There is no Chromium. Run: node scripts/bootstrap/workbench.mjs');
  return found;
}

interface Manifest {
  readonly publisher: string;
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
}

/**
 * Copies the extension of this clone, as it was built, to where code-server finds it: only the files that are shipped, so that
 * a test cannot use what a user does not have.
 */
export async function installExtension(extensions: string): Promise<void> {
  if (!existsSync(join(root, 'dist', 'extension.cjs'))) throw new Error('dist/ is not built. Run: npm run build');
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
  const target = join(extensions, `${manifest.publisher}.${manifest.name}-${manifest.version}`);
  await mkdir(target, { recursive: true });
  for await (const name of glob(['package.json', ...manifest.files], { cwd: root })) {
    await cp(join(root, name), join(target, name), { recursive: true });
  }
}
