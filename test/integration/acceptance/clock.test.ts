import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Machine, waitFor } from '../cli/machine.ts';
import { untouched } from './refused.ts';

const engineProgram = fileURLToPath(new URL('../../../dist/engine.js', import.meta.url));
const dayMs = 86_400_000;

/** Shifts the time of day of a process by the number in a file; what counts steadily goes on as it was. */
const clock = (file: string): string => `
import { readFileSync } from 'node:fs';
const real = Date.now;
let shift = 0;
setInterval(() => { try { shift = Number(readFileSync(${JSON.stringify(file)}, 'utf8')); } catch {} }, 20).unref();
Date.now = () => real() + shift;
`;

/** To the engine a machine that slept looks like a clock that was set forward: steady time stands still meanwhile. */
describe('a clock that jumps, and a machine that slept', function () {
  this.timeout(300_000);
  let machine: Machine;
  let engine: ChildProcess;
  let shift: string;
  let open: () => Promise<void>;
  beforeEach(async () => {
    machine = await Machine.make();
    shift = join(machine.root, 'shift');
    const program = join(machine.root, 'clock.mjs');
    await writeFile(program, clock(shift));
    open = await machine.gate();
    await machine.coppice(['engine', 'stop']);
    engine = spawn(process.execPath, ['--import', program, engineProgram], { env: machine.env, stdio: 'ignore' });
    await waitFor(async () => (await machine.json<{ running: boolean }>('engine', 'status')).running);
  });
  afterEach(async () => {
    await machine.dispose();
    if (engine.exitCode === null && engine.signalCode === null) await once(engine, 'exit');
  });

  for (const [what, byMs] of [
    ['forward by a day', dayMs],
    ['back by a day', -dayMs],
  ] as const) {
    it(`${what}: work goes on, nothing is taken for overdue, the line keeps its order`, async () => {
      const ids: string[] = [];
      for (let n = 0; n < 5; n++) {
        const { stdout, stderr, exit } = await machine.coppice([
          ...['session', 'start', '--agent', 'gated', String(n)],
        ]);
        assert.equal(exit, 0, stderr);
        ids.push(stdout.trim());
        if (n === 2) {
          await waitFor(async () => (await machine.status(ids[2] ?? '')) === 'running');
          await writeFile(shift, String(byMs));
        }
      }
      await open();
      await waitFor(async () => (await machine.sessions()).every(({ status }) => status === 'reported'));
      const rows = await machine.json<{ id: string; startedAt: string }[]>('session', 'list');
      assert.deepEqual(
        rows.map(({ id }) => id),
        ids,
        'in the order in which they came',
      );
      const records = await machine.coppice(['audit', 'verify']);
      assert.match(records.stdout, /whole/);
      await writeFile(shift, '0');
      assert.equal((await machine.coppice(['session', 'continue', ids[0] ?? '', 'more', '--follow'])).exit, 0);
      await untouched(machine);
    });
  }
});
