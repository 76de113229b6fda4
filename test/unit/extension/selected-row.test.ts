import assert from 'node:assert/strict';
import { selectedRow } from '../../../src/extension/commands/selected-row.ts';

describe('the row that was clicked', () => {
  it('is the one that is selected', async () => {
    assert.equal(await selectedRow({ selection: ['a'] }, () => false), 'a');
  });

  it('is found, too, while the tree is drawn anew', async () => {
    let looks = 0;
    const view = {
      get selection() {
        looks += 1;
        return looks > 4 ? ['b'] : [];
      },
    };
    assert.equal(await selectedRow(view, () => false), 'b');
  });

  it('is not waited for when the view is gone', async () => {
    let looks = 0;
    const isOver = (): boolean => {
      looks += 1;
      return looks > 2;
    };
    assert.equal(await selectedRow<string>({ selection: [] }, isOver), undefined);
    assert.equal(looks, 3);
  });
});
