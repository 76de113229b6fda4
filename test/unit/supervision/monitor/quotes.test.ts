import assert from 'node:assert/strict';
import { percentQuotes, stringsOf } from '../../../../src/supervision/monitor/quotes.ts';

describe('quotes in programs', () => {
  it('are found in both kinds, with escapes, on their own line', () => {
    assert.deepEqual(stringsOf(`run("rm -rf /"), spawn('a b') # don't "c\\" d" e`), ['rm -rf /', 'a b', 'c\\" d']);
    assert.deepEqual(stringsOf('"not\nended" "one"'), [' ']);
    assert.deepEqual(stringsOf(`it's "two words" here`), ['two words']);
  });

  it('of ruby are found in each of their brackets', () => {
    assert.deepEqual(percentQuotes('%x(rm a); %x{rm b} %x[rm c] %x( %x'), ['rm a', 'rm b', 'rm c']);
  });

  // A look at each quote that goes to the end of the text would take minutes of these, and hold up the engine.
  for (const unit of ['"', "'", '\\"', "\\'", `"'`, ' " ', '%x(', '%x{%x[', '" \\']) {
    it(`take no longer for being many and open: ${unit}`, () => {
      const text = `"'${unit.repeat(200_000)}`;
      const { user } = process.cpuUsage();
      stringsOf(text);
      percentQuotes(text);
      assert.ok(process.cpuUsage().user - user < 2_000_000);
    });
  }
});
