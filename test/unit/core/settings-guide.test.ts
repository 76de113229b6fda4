import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { errorCodes } from '../../../src/core/errors.ts';
import { settingsMarkdown } from '../../../src/core/settings/markdown.ts';

function guide(name: string): Promise<string> {
  return readFile(new URL(`../../../docs/guides/${name}`, import.meta.url), 'utf8');
}

describe('guides', () => {
  it('docs/guides/configuration.md says what settingsMarkdown() says', async () => {
    const page = await guide('configuration.md');
    assert.equal(page, settingsMarkdown(), 'Write the text of settingsMarkdown() to docs/guides/configuration.md.');
  });

  it('docs/guides/errors.md explains every error code once, and no other', async () => {
    const page = await guide('errors.md');
    const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\| (.*?) +\|$/gmu)];
    assert.deepEqual(rows.map(([, code]) => code).toSorted(), [...errorCodes].toSorted());
    for (const [row, , meaning = '', next = ''] of rows) assert.ok(meaning.length > 10 && next.length > 10, row);
  });
});
