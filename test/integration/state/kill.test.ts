import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StateManager } from '../../../src/state/state-manager.ts';
import { toyDomain } from '../../unit/state/toy-domain.ts';

const rounds = 30;
const appender = fileURLToPath(new URL('appender.ts', import.meta.url));

interface Acknowledged {
  readonly seq: number;
  readonly note: string;
}

describe('a process that writes and is killed', () => {
  it(`${rounds} times at any moment loses nothing that it had acknowledged, and nothing is there by half`, async function () {
    this.timeout(300_000);
    const seed = Number(process.env['COPPICE_TEST_SEED'] ?? randomInt(2 ** 31));
    const random = numbers(seed);
    const home = mkdtempSync(join(tmpdir(), 'coppice-kill-'));
    const acknowledged: Acknowledged[] = [];
    let torn = 0;
    try {
      for (let round = 0; round < rounds; round++) {
        acknowledged.push(...(await runAndKill(home, `r${round}`, random() % 120)));
        const state = await StateManager.open({ home, domain: toyDomain, clock: () => 0 });
        try {
          torn += state.openReport.tornBytes;
          await check(state, acknowledged);
          const canonical = state.canonicalState();
          const replayed = await StateManager.open({
            home,
            domain: { ...toyDomain, reducerVersion: 2 },
            clock: () => 0,
            readOnly: true,
          });
          assert.equal(replayed.openReport.snapshotSeq, 0);
          assert.equal(replayed.canonicalState(), canonical);
          await replayed.close();
        } finally {
          await state.close();
        }
      }
      assert.ok(acknowledged.length > rounds, 'it did write');
      assert.ok(readdirSync(join(home, 'journal')).length > 2, 'over several segments');
    } catch (error) {
      throw new Error(`Repeat with COPPICE_TEST_SEED=${seed} (torn bytes so far: ${torn}).`, { cause: error });
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

/** Runs the appender for some milliseconds after its first acknowledgement; returns what it acknowledged. */
async function runAndKill(home: string, label: string, milliseconds: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [appender, home, label], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  });
  const exit = once(child, 'exit');
  let output = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    timer ??= setTimeout(() => child.kill('SIGKILL'), milliseconds);
  });
  const closed = once(child.stdout, 'close');
  const [, signal] = (await exit) as [number | null, string | null];
  clearTimeout(timer);
  await closed;
  assert.equal(signal, 'SIGKILL');
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => ({ seq: Number.parseInt(line, 10), note: line.slice(line.indexOf(' ') + 1) }));
}

async function check(state: StateManager, acknowledged: readonly Acknowledged[]): Promise<void> {
  assert.equal(state.readOnlyReason, undefined);
  const notes = new Map<number, unknown>();
  let records = 0;
  for await (const { seq, type, data } of state.records(1)) {
    records += 1;
    assert.equal(seq, records);
    if (type === 'noted') notes.set(seq, data['id']);
  }
  assert.equal(records, state.lastSeq);
  for (const { seq, note } of acknowledged) assert.equal(notes.get(seq), note);
  const total = Array.from(state.view.all('account')).reduce((sum, { balance }) => sum + Number(balance), 0);
  assert.equal(total, 0, 'no move by half');
  const found = await state.verify();
  assert.ok(found.ok && found.records === records);
}

/** Numbers that a seed gives (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
