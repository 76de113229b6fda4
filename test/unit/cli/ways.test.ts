/** What a person does next is said in words of no front end, and each front end adds its own way. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nextText } from '../../../src/cli/ways.ts';
import { CoppiceError, toErrorRecord } from '../../../src/core/errors.ts';
import { offerFor } from '../../../src/extension/commands/ways.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const refused = new CoppiceError('wrong-state', 'Session s is failed.', 'Give it another prompt.', {
  context: { session: 's' },
  way: 'continue',
}).toRecord();

describe('the next step of an error', () => {
  it('is a command at a shell, and a button in VS Code', () => {
    assert.equal(refused.next, 'Give it another prompt.');
    assert.equal(nextText(refused), 'Give it another prompt: `coppice session continue s`.');
    assert.deepEqual(offerFor(refused), ['Send Follow-Up', 'coppice.sendFollowUp']);
    const bug = toErrorRecord(new Error('x'));
    assert.equal(nextText(bug), 'Report this as a bug, with the diagnostics: `coppice diagnostics`.');
    assert.equal(offerFor(bug)?.[1], 'coppice.exportDiagnostics');
  });

  it('is words alone where a front end knows no way, or one that it has never heard of', () => {
    for (const context of [{}, { way: 'fly' }, { way: 'toString' }, { way: '' }]) {
      assert.equal(nextText({ next: 'Wait.', context }), 'Wait.');
      assert.equal(offerFor({ context }), undefined);
    }
    assert.equal(nextText({ next: 'Wait.' }), 'Wait.');
    assert.equal(offerFor({ context: { way: 'see-engine' } }), undefined);
  });

  it('names no command of the shell in what all front ends show', () => {
    const sources = globSync(['src/core/**/*.ts', 'src/protocol/**/*.ts', 'src/engine/handlers/*.ts'], { cwd: root });
    assert.ok(sources.length > 100);
    const named = sources
      .filter((file) => file !== 'src/core/settings/markdown.ts')
      .flatMap((file) =>
        readFileSync(join(root, file), 'utf8')
          .split('\n')
          // Comments, and what the doctor says: its fixes are commands that VS Code copies or carries out.
          .filter((line) => line.includes('`coppice ') && !/^\s*(\/?\*|\/\/)|\bfix\b/u.test(line))
          .map((line) => `${file}: ${line.trim()}`),
      );
    assert.deepEqual(named, []);
  });
});
