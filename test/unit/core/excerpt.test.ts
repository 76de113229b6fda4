import assert from 'node:assert/strict';
import { excerpt } from '../../../src/core/session/excerpt.ts';
import { validate, type IssueKind } from '../../../src/core/supervision/validation.ts';
import { noUsage } from '../../../src/core/agent/usage.ts';
import { newSession, World } from './world.ts';

const kinds = (text: string): readonly IssueKind[] =>
  validate({
    ...{ outcome: 'success', reason: 'completed', text, changedFiles: ['a.ts'], expectedFiles: [], presentFiles: [] },
    ...{ allowedPaths: [], needsChange: true, unchanged: false, malformedLines: 0, incomplete: false },
  }).map(({ kind }) => kind);

describe('what the journal keeps of last words', () => {
  const report =
    'I changed the reader, so that it takes every line as it comes, and looked at each caller of it.\n\n'.repeat(60);

  it('is enough to judge a long report by how it ends', () => {
    for (const [end, kind] of [
      ['Which of the two do you want?', 'asks'],
      ['The logout is still open.', 'unfinished'],
      ['The next step is to', 'truncated'],
      ['```ts\nconst a =', 'truncated'],
      ['<function_calls>\n<invoke name="Edit">', 'malformed'],
    ] as const)
      assert.deepEqual(kinds(excerpt(report + end)), [kind], end);
    assert.deepEqual(kinds(excerpt(`${report}All of it is tested.`)), []);
  });

  it('begins as they do, is not longer than a list can show, and short ones are whole', () => {
    const short = excerpt(report);
    assert.ok(short.length < 2100 && short.startsWith(report.slice(0, 1000)));
    assert.equal(excerpt('x'.repeat(2000)).length, 2000);
    assert.ok(excerpt('x'.repeat(100_000)).endsWith('x'));
  });

  it('ends inside of a block of code only where they do, wherever the fences are', () => {
    const block = (lines: number): string => `\`\`\`ts\n${'const a = `b`;\n'.repeat(lines)}\`\`\`\n`;
    for (const before of [0, 400, 900, 995, 1500, 3000])
      for (const lines of [1, 40, 200])
        for (const after of ['Done.', `${report}Done.`]) {
          const text = `${'word '.repeat(before / 5)}\n${block(lines)}${after}`;
          assert.deepEqual(kinds(excerpt(text)), [], `${before} ${lines} ${after.length}`);
          assert.deepEqual(kinds(excerpt(`${text}\n\`\`\`\nlet`)), ['truncated'], `${before} ${lines} ${after.length}`);
        }
  });

  it('is what a turn is on record with', () => {
    const world = new World();
    newSession(world.ledger, 'a');
    for (let at = 0; at < 3; at += 1) world.exactStep('a');
    world.take('a');
    const text = `${report}Which of the two do you want?`;
    world.say('a', { kind: 'turn-ended', outcome: 'success', reason: 'done', text, usage: noUsage, denials: 0 });
    assert.deepEqual(kinds(world.ledger.get('a').lastTurn?.text ?? ''), ['asks']);
  });
});
