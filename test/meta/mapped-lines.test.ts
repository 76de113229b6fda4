import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { countExtension, type Counted } from '../../scripts/test/host/counting.ts';
import { mappedLines } from '../../scripts/test/mapped-lines.ts';

const source = `import { unused } from './other.ts';
export function chosen(yes: boolean): string {
  if (yes) {
    return 'yes';
  }
  return 'no';
}
export function never(): number {
  return Math.random();
}
Object.freeze(chosen);
`;

describe('lines of sources that ran in a bundle', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'lines-'))));
  after(() => rm(folder, { recursive: true }));

  it('are those that were run, not those beside them, nor those that the bundler left out', async () => {
    const [main, other] = [join(folder, 'main.ts'), join(folder, 'other.ts')];
    await writeFile(main, source);
    await writeFile(other, 'export function unused(): number {\n  return Math.random();\n}\n');
    const bundle = join(folder, 'dist', 'extension.cjs');
    await esbuild.build({
      ...{ entryPoints: [main], outfile: bundle, bundle: true, minify: true, platform: 'node', format: 'cjs' },
      ...{ sourcemap: 'linked', sourcesContent: false, logLevel: 'silent' },
    });
    const counts = join(folder, 'counts', 'extension.json');
    const write = await countExtension(counts);
    const { chosen } = createRequire(import.meta.url)(bundle) as { chosen: (yes: boolean) => string };
    assert.equal(chosen(false), 'no');
    await write();

    const lines = mappedLines(bundle, JSON.parse(await readFile(counts, 'utf8')) as readonly Counted[]);
    const run = lines.get(main) ?? new Set();
    assert.deepEqual(
      [3, 4, 6, 9, 11].map((line) => run.has(line)),
      [true, false, true, false, true],
    );
    assert.equal(lines.get(other), undefined);
  });
});
