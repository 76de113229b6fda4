import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listeningPorts, socketsIn } from '../../../src/executors/ports.ts';

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, state: string, inode: number): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000\n`;

describe('ports on which processes listen', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'proc-'));
    mkdirSync(join(root, 'net'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function opened(pid: number, ...targets: readonly string[]): void {
    mkdirSync(join(root, String(pid), 'fd'), { recursive: true });
    for (const [index, target] of targets.entries()) symlinkSync(target, join(root, String(pid), 'fd', String(index)));
  }

  it('are those of the given processes, each once, in order', async () => {
    writeFileSync(join(root, 'net/tcp'), head + row('0100007F:0BB8', '0A', 11) + row('0100007F:1F90', '01', 12));
    writeFileSync(join(root, 'net/tcp6'), head + row('00000000000000000000000000000000:0016', '0A', 13));
    opened(1, 'socket:[11]', '/dev/null', 'pipe:[11]');
    opened(2, 'socket:[13]', 'socket:[12]', 'socket:[11]');
    opened(3, 'socket:[13]');
    assert.deepEqual(await listeningPorts([1, 2], root), [22, 3000]);
    assert.deepEqual(await listeningPorts([1, 99], root), [3000]);
    assert.deepEqual(await listeningPorts([], root), []);
  });

  it('cannot be told where the system does not tell', async () => {
    assert.equal(await listeningPorts([1], root), undefined);
  });

  it('come from any table, and a damaged one has none', () => {
    for (const text of ['', 'x', `${head}\n`, `${head}   0: nonsense\n`, head + row('0100007F:ZZZZ', '0A', 1)])
      assert.deepEqual(socketsIn(text), []);
  });
});
