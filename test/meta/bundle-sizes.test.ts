/** What the build made for VS Code keeps to its limits: what is larger is waited for by every window. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { extensionFiles, largest, panelBytes } from '../../scripts/bundle-sizes.ts';
import { root } from './tree.ts';

const dist = join(root, 'dist');

describe('what the build made', () => {
  it('is an extension that has no more bytes than it may', async () => {
    const files = await extensionFiles(dist);
    assert.ok(files.has('extension.cjs') && files.size > 1, 'the extension and its packages are there');
    const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    assert.ok(bytes <= largest.extension, `${bytes} bytes of at most ${largest.extension}`);
  });

  it('are panels of which each has no more bytes than it may', async () => {
    const panels = await panelBytes(dist);
    assert.ok(panels.has('session') && panels.has('supervisor'));
    for (const [panel, bytes] of panels) assert.ok(bytes <= largest.panel, `${panel}: ${bytes} bytes, gzipped`);
  });
});
