/**
 * The extension in a real VS Code (code-server and Chromium) while 8 sessions hold worktrees of 20,000 files and 600 files of each
 * are changed over and over, 192,000 writes in 60 s: the longest delay of the event loop of its host, against that of the host of a
 * window without Coppice on the same repository, at the same time. One of the sessions is under review, so what changed in it is
 * asked for and drawn all the time.
 *
 * The writes and what follows from them keep every processor of a small machine busy, so any host is late, also one that has nothing
 * to do: it waits for a processor. What a program can be held to is how long its thread was at work in one go (processor time between
 * two turns of its event loop, VS Code's own work included): on a processor of its own that is the longest delay. Both are told.
 *
 * `BENCH_SIZE=2,2000,150,10`: sessions, files, files that change, seconds; for whoever works on the benchmark.
 * `BENCH_PROFILE=FILE.cpuprofile`: writes once more as long, and what the host with Coppice did then to a file.
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
import { openBareWindow, type BareWindow } from './support/bare-window.ts';
import { churn, fill } from './support/churn.ts';
import { emptied, interruption, removeFolders } from './support/ending.ts';
import { machineLoad, ms, ratio, row } from './support/figures.ts';
import { installProbe, ProbedHost, type Lateness } from './support/probed-host.ts';
import { holdWorktrees, idleAgentWhile } from './support/watching.ts';

const run = promisify(execFile);
const [worktrees = 8, files = 20_000, changed = 600, seconds = 60] = (process.env['BENCH_SIZE'] ?? '')
  .split(',')
  .filter((each) => each !== '')
  .map(Number);
const profile = process.env['BENCH_PROFILE'];
const idleMs = process.env['BENCH_SIZE'] === undefined ? 20_000 : 5_000;
const writesPerSecond = 3_200;
/** What filling the disk has left to be written is not the window's. */
const calmMs = idleMs / 2;

async function repository(folder: string): Promise<void> {
  await fill(folder, files);
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=b', '-c', 'user.email=b@localhost', ...args], { cwd: folder });
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('commit', '-qm', 'first');
}

/** Both hosts while something is done: that with Coppice, and that without. */
async function both(
  host: ProbedHost,
  bare: ProbedHost,
  work: () => Promise<unknown>,
): Promise<{ readonly host: Lateness; readonly bare: Lateness }> {
  let without: Lateness | undefined;
  const measured = await host.lateness(async () => {
    without = await bare.lateness(work);
  });
  if (without === undefined) throw new Error('the host without Coppice was not measured');
  return { host: measured, bare: without };
}

async function measure(code: Workbench, probes: string, bare: BareWindow): Promise<void> {
  const { machine, window } = code;
  await machine.coppice(['trust', '--host']);
  await window.open('Coppice');
  const host = await ProbedHost.next(probes, new Set());
  const connection = await connect({ home: machine.home, client: 'bench', version: '0.1.0' });
  const env = { PATH: machine.env['PATH'] ?? '', HOME: machine.env['HOME'] ?? '' };
  const held = await holdWorktrees(connection, { repository: machine.repo, env }, worktrees);
  await window.view('Sessions').inline(/hold 0/, 'Review Session');
  await delay(calmMs);
  const quiet = await both(host, bare.host, () => delay(idleMs));
  const made = { written: 0, seconds: 0 };
  const write = async (): Promise<void> => {
    Object.assign(made, await churn([...held.values()], { seconds, writesPerSecond, files: changed }));
  };
  const busy = await both(host, bare.host, write);
  row('machine load while this ran', machineLoad());
  row('writes', made.written.toLocaleString('en'), `in ${made.seconds.toFixed(0)} s, ${seconds} s were meant`);
  const what = `${worktrees} × ${files.toLocaleString('en')} files, ${changed} changed each: host`;
  ratio(`${what}, longest work in one go`, busy.host.worked, busy.bare.worked, 'without Coppice meanwhile', '≤ 50 ms');
  ratio('longest delay', busy.host.max, busy.bare.max, 'without Coppice meanwhile');
  const seldom = `${busy.bare.late} times without Coppice meanwhile`;
  row('late by more than 50 ms', `${busy.host.late} times`, seldom);
  ratio('the same, 99 % below', busy.host.p99, busy.bare.p99, 'without Coppice meanwhile');
  const still = ({ max, worked, p99 }: Lateness): string =>
    `${ms(max)}, ${ms(worked)} in one go, 99 % below ${ms(p99)}`;
  row('with nothing to do', ms(quiet.host.max), `${still(quiet.host)}; without Coppice ${still(quiet.bare)}`);
  const heap = `${(await bare.host.memory()).toFixed(0)} MiB without Coppice`;
  row(
    'heap of the host',
    `${(await host.memory()).toFixed(0)} MiB`,
    `all extensions of VS Code in it included; ${heap}`,
  );
  const { watch } = await connection.request('session/changes', { session: [...held.keys()][0] ?? '' });
  row('gaps told of the session under review', String(watch?.gaps ?? 'unknown'));
  if (profile !== undefined) await host.profile(profile, write);
  host.leave();
  connection.dispose();
}

/** Windows go first: they would start the engine again. What agents and engine would still do with the files is of no use. */
async function clear(code: Workbench, bare: BareWindow | undefined): Promise<void> {
  const { machine, vsCode } = code;
  await Promise.all([bare?.stop(), vsCode.stop()]);
  await machine.killEngine().catch(() => undefined); // none runs where it ended early
  await removeFolders(join(machine.root, 'held'));
  await emptied(machine.root);
  await removeFolders(machine.home, join(machine.root, 'bare'));
  await code.stop();
}

const interrupted = interruption();
let probes = '';
const code = await Workbench.start({
  repository,
  prepare: async (machine) => {
    probes = join(machine.root, 'p');
    await mkdir(probes);
    await mkdir(join(machine.root, 'held'));
    machine.env['HOST_PROBES'] = probes;
    await mkdir(machine.home, { recursive: true, mode: 0o700 });
    await writeFile(join(machine.home, 'config.yaml'), idleAgentWhile(join(machine.root, 'held')));
  },
  install: async (extensions) => {
    await installExtension(extensions);
    await installProbe(extensions);
  },
});
let bare: BareWindow | undefined;
try {
  bare = await openBareWindow(join(code.machine.root, 'bare'), code.machine.repo, code.machine.env);
  await interrupted.watched(measure(code, probes, bare));
} finally {
  const began = performance.now();
  await clear(code, bare);
  await closeBrowser();
  row('cleared away', `${((performance.now() - began) / 1000).toFixed(0)} s`);
}
// Programs that a benchmark ended in the middle has begun are not waited for.
if (interrupted.signal.aborted) process.exit(1);
