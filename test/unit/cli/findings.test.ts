import assert from 'node:assert/strict';
import { breakpointLines } from '../../../src/cli/breakpoint-lines.ts';
import { paintWith } from '../../../src/cli/paint.ts';

describe('the lines of a breakpoint', () => {
  it('say what is dangerous about what is asked, before the evidence, on one line each', () => {
    const lines = breakpointLines(
      {
        id: 'a',
        kind: 'permission',
        title: 'Bash: git push --force',
        detail: 'command: git push --force',
        raisedAt: '2026-11-26T00:00:00Z',
        findings: [
          {
            danger: 'force-push',
            severity: 'critical',
            sentence: 'It overwrites what others see,\n with `git push --force`.',
          },
        ],
      },
      paintWith(false),
    ).map(({ plain }) => plain);
    assert.deepEqual(lines, [
      '? Bash: git push --force',
      '    ! critical: It overwrites what others see, with `git push --force`.',
      '    command: git push --force',
    ]);
  });
});
