/**
 * A process that moves money for ever and prints the last acknowledged record after each acknowledgement.
 * Arguments: the data directory, a label for its notes.
 */
import { writeSync } from 'node:fs';
import { StateManager } from '../../../src/state/state-manager.ts';
import { moved, noted, opened, toyDomain } from '../../unit/state/toy-domain.ts';

const [home = '', label = ''] = process.argv.slice(2);
const state = await StateManager.open({
  home,
  domain: toyDomain,
  clock: Date.now,
  segmentBytes: 16_384,
  snapshotEvery: 50,
});

const accounts = ['a', 'b', 'c'];
await state.transact('engine', () => accounts.map((id) => opened(id)));

let count = 0;
async function work(worker: number): Promise<never> {
  for (;;) {
    count += 1;
    const [from, to] = [accounts[count % 3] ?? '', accounts[(count + 1) % 3] ?? ''];
    const note = `${label}.${worker}.${count}`;
    // Two records that are right only together: each move is between one account and nobody.
    const records = await state.transact('engine', () => [
      moved(from, '-', count),
      moved('-', to, count),
      noted(note, 'x'),
    ]);
    writeSync(1, `${records.at(-1)?.seq ?? 0} ${note}\n`);
  }
}
await Promise.all([1, 2, 3, 4].map(work));
