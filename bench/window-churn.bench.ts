/**
 * The extension in a real VS Code (code-server and Chromium) while 8 sessions hold worktrees of 20,000 files and 600 files of each
 * are changed over and over, 192,000 writes in 60 s: the longest delay of the event loop of its host, against that of the same
 * host with nothing to do before. One of the sessions is under review, so what changed in it is asked for and drawn all the time.
 *
 * `BENCH_SMALL=1`: 2 sessions, 2,000 files, 10 s; for whoever works on the benchmark.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { installExtension } from '../scripts/workbench/installation.ts';
import { connect } from '../src/protocol/client/connect.ts';
import { closeBrowser } from '../test/workbench/support/browser.ts';
import { Workbench } from '../test/workbench/support/running-workbench.ts';
import { churn, fill } from './support/churn.ts';
import { machineLoad, ms, ratio, row } from './support/figures.ts';
import { installProbe, ProbedHost } from './support/probed-host.ts';
import { holdWorktrees, idleAgent, letGo } from './support/watching.ts';

const run = promisify(execFile);
const small = process.env['BENCH_SMALL'] === '1';
const size = small
  ? { worktrees: 2, files: 2_000, changed: 150, seconds: 10, idle: 5 }
  : { worktrees: 8, files: 20_000, changed: 600, seconds: 60, idle: 20 };
const writesPerSecond = 3_200;
/** What filling the disk has left to be written is not the window's. */
const calmMs = 10_000;

async function repository(folder: string): Promise<void> {
  await fill(folder, size.files);
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=b', '-c', 'user.email=b@localhost', ...args], { cwd: folder });
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('commit', '-qm', 'first');
}

let probes = '';
const code = await Workbench.start({
  repository,
  prepare: async (machine) => {
    probes = join(machine.root, 'p');
    await mkdir(probes);
    machine.env['HOST_PROBES'] = probes;
    await mkdir(machine.home, { recursive: true, mode: 0o700 });
    await writeFile(join(machine.home, 'config.yaml'), idleAgent);
  },
  install: async (extensions) => {
    await installExtension(extensions);
    await installProbe(extensions);
  },
});
try {
  const { machine, window } = code;
  await machine.coppice(['trust', '--host']);
  await window.open('Coppice');
  const host = await ProbedHost.next(probes, new Set());
  const connection = await connect({ home: machine.home, client: 'bench', version: '0.1.0' });
  const env = { PATH: machine.env['PATH'] ?? '', HOME: machine.env['HOME'] ?? '' };
  const held = await holdWorktrees(connection, { repository: machine.repo, env }, size.worktrees);
  await window.view('Sessions').inline(/hold 0/, 'Review Session');
  await delay(calmMs);
  const quiet = await host.lateness(() => delay(size.idle * 1000));
  const made = { written: 0, seconds: 0 };
  const busy = await host.lateness(async () => {
    const { seconds, changed: files } = size;
    Object.assign(made, await churn([...held.values()], { seconds, writesPerSecond, files }));
  });
  const what = `${size.worktrees} × ${size.files.toLocaleString('en')} files, ${size.changed} changed each: event loop of the host`;
  row('machine load while this ran', machineLoad());
  row('writes', made.written.toLocaleString('en'), `in ${made.seconds.toFixed(0)} s`);
  ratio(`${what}, longest delay`, busy.max, quiet.max, `nothing to do for ${size.idle} s`, '≤ 50 ms');
  row(
    'of that at work in one go',
    ms(busy.worked),
    `with nothing to do ${ms(quiet.worked)}; the rest is waiting for a processor`,
  );
  row('the same, 99 % below', ms(busy.p99), `with nothing to do ${ms(quiet.p99)}`);
  row('heap of the host', `${(await host.memory()).toFixed(0)} MiB`, 'all extensions of VS Code in it included');
  const { watch } = await connection.request('session/changes', { session: [...held.keys()][0] ?? '' });
  row('gaps told of the session under review', String(watch?.gaps ?? 'unknown'));
  host.leave();
  await letGo(connection, held.keys());
  connection.dispose();
} finally {
  await code.stop();
  await closeBrowser();
}
