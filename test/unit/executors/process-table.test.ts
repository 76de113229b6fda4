import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markIn } from '../../../src/executors/mark.ts';
import { parseStat, ProcTable } from '../../../src/executors/process-table-proc.ts';
import { parseEntries, PsTable } from '../../../src/executors/process-table-ps.ts';
import type { Ps } from '../../../src/executors/process-table-ps.ts';

function stat(pid: number, name: string, state: string, ppid: number, start: number): string {
  return `${pid} (${name}) ${state} ${ppid} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${start} 1 2 3\n`;
}

describe('the mark', () => {
  it('is there only under its exact names', () => {
    assert.deepEqual(markIn(['A=1', 'COPPICE_SESSION=s', 'COPPICE_RUN=2']), { session: 's', run: '2' });
    assert.deepEqual(markIn(['COPPICE_SESSION=a=b', 'COPPICE_RUN=']), { session: 'a=b', run: '' });
    for (const words of [
      [],
      ['COPPICE_SESSION=s'],
      ['COPPICE_RUN=1'],
      ['XCOPPICE_SESSION=s', 'COPPICE_RUN=1'],
      ['COPPICE_SESSION_=s', 'COPPICE_RUN=1'],
      ['ARGS=COPPICE_SESSION=s COPPICE_RUN=1'],
      ['coppice_session=s', 'coppice_run=1'],
    ]) {
      assert.equal(markIn(words), undefined, words.join(' '));
    }
  });
});

describe('ProcTable', () => {
  let root: string;
  const plant = async (pid: number, files: Readonly<Record<string, string>>): Promise<void> => {
    await mkdir(join(root, String(pid)), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(root, String(pid), name), text);
  };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'coppice-proc-'));
    await mkdir(join(root, 'self'));
    await writeFile(join(root, 'self', 'stat'), stat(1, 'me', 'R', 0, 1));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('reads names that look like fields', () => {
    const entry = parseStat(stat(7, 'a) S 9 (b\n', 'Z', 3, 99));
    assert.deepEqual(entry, { pid: 7, ppid: 3, startTime: '99', zombie: true, name: 'a) S 9 (b\n' });
    assert.equal(parseStat(''), undefined);
    assert.equal(parseStat('7 (cut'), undefined);
    assert.equal(parseStat('7 (cut) S 1'), undefined);
  });

  it('lists processes only, over the portions that it reads in', async () => {
    for (let pid = 1; pid <= 600; pid += 1) await plant(pid, { stat: stat(pid, 'p', 'S', 0, pid) });
    await mkdir(join(root, '12a'));
    await mkdir(join(root, '0'));
    const table = new ProcTable(root);
    assert.equal((await table.list()).length, 600);
    assert.equal((await table.find(600))?.startTime, '600');
  });

  it('tells an absent process from an absent /proc', async () => {
    assert.equal(await new ProcTable(root).find(5), undefined);
    const nothing = new ProcTable(join(root, 'unmounted'));
    await assert.rejects(nothing.find(5), { code: 'ENOENT' });
    await assert.rejects(nothing.list(), { code: 'ENOENT' });
    await assert.rejects(nothing.bootId(), { code: 'ENOENT' });
  });

  it('finds marks among NUL-separated words and passes over what has ended', async () => {
    await plant(5, { environ: 'PATH=/bin\0COPPICE_SESSION=s\0COPPICE_RUN=1\0' });
    await plant(6, { environ: 'NOTE=\nCOPPICE_SESSION=s\nCOPPICE_RUN=1\0' });
    await plant(7, { environ: '' });
    const marks = await new ProcTable(root).marks([5, 6, 7, 8]);
    assert.deepEqual([...marks], [[5, { session: 's', run: '1' }]]);
    assert.deepEqual([...(await new ProcTable(root).carrying([5, 6, 7, 8], 'COPPICE_RUN=1'))], [5]);
    assert.deepEqual([...(await new ProcTable(root).carrying([5, 6, 7, 8], 'COPPICE_RUN='))], []);
  });

  it('reads resident memory in bytes', async () => {
    await plant(5, { status: 'Name:\tx\nVmRSS:\t    1234 kB\n' });
    await plant(6, { status: 'Name:\tzombie\n' });
    const table = new ProcTable(root);
    assert.deepEqual(await Promise.all([5, 6, 7].map((pid) => table.residentBytes(pid))), [1234 * 1024, 0, 0]);
  });
});

describe('PsTable', () => {
  const answering = (answers: Readonly<Record<string, string>>, asked: string[] = []): Ps => ({
    environmentLetter: 'E',
    run: (command, args) => {
      const line = [command, ...args].join(' ');
      asked.push(line);
      return Promise.resolve(answers[line] ?? '');
    },
  });

  it('reads the entries of ps', () => {
    const text =
      '    1     0 Ss   Sat Nov 21 01:30:12 2026 /sbin/launchd\n' +
      '  512     1 Z+   Sat Nov  7 01:30:12 2026 (my agent)\n' +
      'garbage\n\n';
    assert.deepEqual(parseEntries(text), [
      { pid: 1, ppid: 0, startTime: 'Sat Nov 21 01:30:12 2026', zombie: false, name: '/sbin/launchd' },
      { pid: 512, ppid: 1, startTime: 'Sat Nov  7 01:30:12 2026', zombie: true, name: '(my agent)' },
    ]);
  });

  it('takes a mark from the environment, never from the arguments', async () => {
    const marks = await new PsTable(
      answering({
        'ps axww -o pid=,args=': '  5 agent --x\n  6 grep COPPICE_SESSION=s COPPICE_RUN=1\n  7 agent\n',
        'ps axEww -o pid=,args=':
          '  5 agent --x PATH=/bin COPPICE_SESSION=s COPPICE_RUN=1\n' +
          '  6 grep COPPICE_SESSION=s COPPICE_RUN=1 PATH=/bin\n' +
          '  7 other COPPICE_SESSION=s COPPICE_RUN=1\n',
      }),
    ).marks([5, 6, 7, 8]);
    assert.deepEqual([...marks], [[5, { session: 's', run: '1' }]]);
  });

  it('asks for the boot once, and falls back to the boot time', async () => {
    const asked: string[] = [];
    const table = new PsTable(answering({ 'sysctl -n kern.boottime': '{ sec = 17 } Thu\n' }, asked));
    assert.equal(await table.bootId(), '{ sec = 17 } Thu');
    assert.equal(await table.bootId(), '{ sec = 17 } Thu');
    assert.equal(asked.length, 2);
    await assert.rejects(new PsTable(answering({})).bootId());
  });
});
