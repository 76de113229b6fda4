import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { held } from '../../../src/extension/terminal/held.ts';

const lost = { code: 255, message: 'The connection to $(touch x) was lost.', next: 'Check `ssh x`; "then" again.' };

/** Ends of a terminal's program; its input is a pipe that is open until `enter` is called. */
function terminal(...command: readonly string[]): {
  ended: Promise<number | null>;
  said: () => string;
  enter: () => void;
} {
  const [program = '', ...args] = held(command, lost, 'Press Enter.');
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  return {
    ended: new Promise((resolve) => child.once('close', resolve)),
    said: () => said,
    enter: () => void child.stdin.write('\n'),
  };
}

describe('a terminal whose place may go', () => {
  it('stays until a person has read why, and says it word by word', async () => {
    const shown = terminal('sh', '-c', 'echo "$0"; exit 255', 'a; b');
    shown.enter();
    assert.equal(await shown.ended, 0);
    assert.equal(shown.said(), `a; b\n\n${lost.message}\n${lost.next}\n\nPress Enter.`);
  });

  it('ends with its program in any other case', async () => {
    for (const code of [0, 1, 130]) {
      const shown = terminal('sh', '-c', `exit ${code}`);
      assert.equal(await shown.ended, code);
      assert.equal(shown.said(), '');
    }
  });
});
