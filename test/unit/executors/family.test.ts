import assert from 'node:assert/strict';
import type { RunProcess } from '../../../src/executors/executor.ts';
import { Family } from '../../../src/executors/local/family.ts';
import { stopRun, sweepSession } from '../../../src/executors/local/stop.ts';
import { FakeTable } from './fake-table.ts';
import type { FakeProcess } from './fake-table.ts';

const ours = { session: 's', run: '1' };
const known = { pid: 10, startTime: 'start', bootId: 'boot-1', wrapperPid: 9, wrapperStartTime: 'start' };

function family(table: FakeTable, self = 1000): Family {
  const belongs = (mark: { session: string; run: string }): boolean => mark.session === 's' && mark.run === '1';
  return new Family({ table, self, processes: known, belongs });
}

function tableOf(...processes: FakeProcess[]): FakeTable {
  const table = new FakeTable();
  table.processes = processes;
  return table;
}

function told(processes: readonly RunProcess[]): string[] {
  return processes.map(({ pid, by }) => `${pid} ${by}`);
}

describe('Family', () => {
  it('has agent, wrapper, descendants without a mark, and marked orphans', async () => {
    const table = tableOf(
      { pid: 9, ppid: 1 },
      { pid: 10, ppid: 9 },
      { pid: 11, ppid: 10 },
      { pid: 12, ppid: 11 },
      { pid: 20, ppid: 1, mark: ours },
      { pid: 21, ppid: 20 },
      { pid: 30, ppid: 1, mark: { session: 's', run: '2' } },
      { pid: 31, ppid: 1, mark: { session: 'ss', run: '1' } },
      { pid: 32, ppid: 1 },
    );
    const look = await family(table).look();
    assert.deepEqual(told(look), ['21 descent', '20 mark', '12 descent', '11 descent', '10 agent', '9 wrapper']);
  });

  it('remembers a descendant when its parents are gone, and forgets a pid that was reused', async () => {
    const table = tableOf({ pid: 10, ppid: 9 }, { pid: 11, ppid: 10 }, { pid: 12, ppid: 11 });
    const members = family(table);
    await members.look();
    table.processes = [
      { pid: 11, ppid: 1, startTime: 'later' },
      { pid: 12, ppid: 1 },
      { pid: 13, ppid: 12 },
    ];
    assert.deepEqual(told(await members.look()), ['13 descent', '12 descent']);
  });

  it('takes no process for the agent that started at another time', async () => {
    const table = tableOf({ pid: 10, ppid: 1, startTime: 'other' }, { pid: 11, ppid: 10 });
    assert.deepEqual(await family(table).look(), []);
  });

  it('leaves out zombies', async () => {
    const table = tableOf({ pid: 10, ppid: 1, zombie: true }, { pid: 20, ppid: 1, mark: ours, zombie: true });
    assert.deepEqual(await family(table).look(), []);
  });

  it('never has this process, what it descends from, or what it started', async () => {
    // An agent called the command line, which started the engine: all of them carry the agent's mark.
    const table = tableOf(
      { pid: 10, ppid: 1, mark: ours },
      { pid: 50, ppid: 10, mark: ours },
      { pid: 1000, ppid: 50, mark: ours },
      { pid: 1001, ppid: 1000 },
      { pid: 60, ppid: 10, mark: ours },
    );
    assert.deepEqual(told(await family(table).look()), ['60 mark']);
  });

  it('survives a table with a circle in it', async () => {
    const table = tableOf({ pid: 10, ppid: 11 }, { pid: 11, ppid: 10 }, { pid: 1000, ppid: 1000 });
    assert.deepEqual(told(await family(table).look()), ['11 descent', '10 agent']);
  });
});

describe('the sweep', () => {
  const run = { session: 's', run: 1, directory: '/nowhere', streamPath: '/nowhere/s', stderrPath: '/nowhere/e' };

  it('goes on while new ones come, and says who was ended', async () => {
    const table = tableOf({ pid: 20, ppid: 1, mark: ours });
    let born = 20;
    const host = {
      table,
      self: 1000,
      kill: (pid: number) => {
        table.processes = table.processes.filter((process) => process.pid !== pid);
        if (born < 25) table.processes.push({ pid: (born += 1), ppid: 1, mark: ours });
      },
    };
    const report = await sweepSession('s', { graceMs: 0 }, host);
    assert.deepEqual(
      told(report.killed).sort(),
      ['20', '21', '22', '23', '24', '25'].map((pid) => `${pid} mark`),
    );
    assert.deepEqual(report.left, []);
  });

  it('ends at its limit when somebody multiplies for ever, and names who is left', async () => {
    const table = tableOf({ pid: 20, ppid: 1, mark: ours });
    let born = 20;
    const host = {
      table,
      self: 1000,
      kill: (pid: number) => {
        table.processes = table.processes.filter((process) => process.pid !== pid);
        table.processes.push({ pid: (born += 1), ppid: 1, mark: ours });
      },
    };
    const begin = performance.now();
    const report = await sweepSession('s', { graceMs: 0, sweepMs: 100 }, host);
    assert.ok(performance.now() - begin < 2_000);
    assert.equal(report.left.length, 1);
    assert.ok(report.killed.length > 1);
  });

  it('reports what it may not end, once', async () => {
    const table = tableOf({ pid: 20, ppid: 1, mark: ours });
    let calls = 0;
    const kill = (): void => {
      calls += 1;
      throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
    };
    const report = await stopRun(run, { graceMs: 0, sweepMs: 2_000 }, { table, self: 1000, kill });
    assert.equal(calls, 1);
    assert.deepEqual(told(report.left), ['20 mark']);
    assert.deepEqual(report.killed, []);
    assert.deepEqual(report.state, { state: 'not-started' });
  });

  it('signals nobody whose pid was reused between the look and the kill', async () => {
    const table = tableOf({ pid: 20, ppid: 1, mark: ours });
    const list = table.list.bind(table);
    let looks = 0;
    table.list = async () => {
      const entries = await list();
      looks += 1;
      if (looks === 1) table.processes = [{ pid: 20, ppid: 1, startTime: 'another' }];
      return entries;
    };
    // The mark is read of the first, the start time before the kill is the second's.
    table.marks = () => Promise.resolve(looks === 1 ? new Map([[20, ours]]) : new Map());
    const signalled: number[] = [];
    const kill = (pid: number): void => void signalled.push(pid);
    const report = await sweepSession('s', { graceMs: 0 }, { table, self: 1000, kill });
    assert.deepEqual(report, { killed: [], left: [] });
    assert.deepEqual(signalled, []);
  });
});
