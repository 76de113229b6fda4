import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  amount,
  changeAtLine,
  chooseFile,
  chooseHunk,
  chosen,
  chosenPaths,
  wholly,
  type FileChoice,
  type Hunk,
} from '../../../src/extension/review/choice.ts';
import type { FileDiffView } from '../../../src/protocol/diff-schemas.ts';

const file = (path: string): FileDiffView => ({ path, status: 'modified', binary: false });
const hunk = (oldStart: number, oldLines: number, newStart: number, newLines: number): Hunk => ({
  ...{ oldStart, oldLines, newStart, newLines },
});
const two = [hunk(3, 2, 3, 1), hunk(10, 0, 9, 4)];

describe('the choice of a rollback', () => {
  it('begins with everything, which is said by naming nothing', () => {
    assert.deepEqual(chosen([wholly(file('a'), { hunks: two }), wholly(file('b'), { hunks: [] })]), {});
  });

  it('names whole files and single changes apart', () => {
    const a = chooseHunk(wholly(file('a'), { hunks: two }), 0, false);
    const b = wholly(file('b'), { hunks: [] });
    const c = chooseFile(wholly(file('c'), { hunks: two }), false);
    assert.deepEqual(chosen([a, b, c]), { paths: ['b'], hunks: [{ path: 'a', hunks: [1] }] });
    assert.deepEqual(chosenPaths([a, b, c]), ['a', 'b']);
    assert.equal(amount(a), 'some');
  });

  it('is nothing when nothing is ticked', () => {
    assert.equal(chosen([chooseFile(wholly(file('a'), { hunks: two }), false)]), undefined);
  });

  it('always says exactly what is ticked', () => {
    const choices = fc.uniqueArray(
      fc.record({ path: fc.string({ minLength: 1 }), taken: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }) }),
      { selector: ({ path }) => path, maxLength: 8 },
    );
    fc.assert(
      fc.property(choices, (list) => {
        const files = list.map(({ path, taken }): FileChoice => {
          const hunks = taken.map((_, at) => hunk(at * 3 + 1, 1, at * 3 + 1, 1));
          return { file: file(path), hunks, taken };
        });
        const said = chosen(files);
        const nothing = said !== undefined && said.paths === undefined && said.hunks === undefined;
        for (const { file: each, taken } of files) {
          const whole = nothing || said?.paths?.includes(each.path) === true;
          const single = said?.hunks?.find(({ path }) => path === each.path)?.hunks ?? [];
          assert.deepEqual(
            taken,
            taken.map((_, at) => whole || single.includes(at)),
          );
        }
      }),
    );
  });

  it('finds the change at a line, on either side', () => {
    const choice = chooseHunk(wholly(file('a'), { hunks: two }), 1, false);
    assert.deepEqual(changeAtLine(choice, 4, 'old'), { path: 'a', hunk: 0, taken: true });
    assert.deepEqual(changeAtLine(choice, 12, 'new'), { path: 'a', hunk: 1, taken: false });
    assert.deepEqual(changeAtLine(choice, 10, 'old'), { path: 'a', hunk: 1, taken: false }, 'the line before');
    assert.equal(changeAtLine(choice, 5, 'old'), undefined);
    assert.deepEqual(changeAtLine(wholly(file('b'), { hunks: [] }), 99, 'new'), {
      path: 'b',
      hunk: undefined,
      taken: true,
    });
  });
});
