/**
 * The extension in a real VS Code (code-server and Chromium): size, activation, the event loop of its host while 20 sessions
 * stream and what the engine takes for them, and the Sessions view with 1,000 sessions.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { extensionFiles, largest, panelBytes } from '../scripts/bundle-sizes.ts';
import { installExtension, root } from '../scripts/workbench/installation.ts';
import { connect } from '../src/protocol/client/connect.ts';
import { closeBrowser } from '../test/workbench/support/browser.ts';
import { Workbench } from '../test/workbench/support/running-workbench.ts';
import { seedSessions } from '../test/workbench/support/seed.ts';
import { soon } from '../test/workbench/support/waiting.ts';
import { median, ms, percentile, ratio, row } from './support/figures.ts';
import { emptyExtension, installProbe, ProbedHost } from './support/probed-host.ts';

const coppice = 'coppice.coppice';
const rounds = 7;
const streaming = { sessions: 20, perSecond: 20, seconds: 20 } as const;
const many = 1000;
/** A window that has started goes on working for a while: what is measured then is VS Code. */
const calmMs = 4000;

const talker = join(import.meta.dirname, 'support', 'talker.mjs');
const config = `agents:
  custom:
    talker:
      command: [${process.execPath}, ${talker}, "${streaming.perSecond}", "600", "{prompt}"]
      output: jsonl
limits:
  running: ${streaming.sessions}
`;

const probes = { folder: '', known: new Set<string>() };

/** `asleep`: the extension is not activated until the probe does it. */
async function startWorkbench({ sessions = 0, asleep = false } = {}): Promise<Workbench> {
  probes.known.clear();
  return Workbench.start({
    prepare: async (machine) => {
      probes.folder = join(machine.root, 'p');
      await mkdir(probes.folder);
      machine.env['HOST_PROBES'] = probes.folder;
      await mkdir(machine.home, { recursive: true, mode: 0o700 });
      await writeFile(join(machine.home, 'config.yaml'), config);
      if (sessions > 0) await seedSessions(machine, sessions);
    },
    install: async (extensions) => {
      await installExtension(extensions);
      await installProbe(extensions);
      if (asleep) await putToSleep(extensions);
    },
  });
}

async function putToSleep(extensions: string): Promise<void> {
  const name = (await readdir(extensions)).find((each) => each.startsWith(`${coppice}-`)) ?? '';
  const path = join(extensions, name, 'package.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...manifest, activationEvents: [] }));
}

async function sizes(): Promise<void> {
  const dist = join(root, 'dist');
  const kB = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;
  const files = await extensionFiles(dist);
  const all = Buffer.concat([...files.values()]);
  row('the extension', kB(all.length), `goal ≤ ${kB(largest.extension)}; gzipped ${kB(gzipSync(all).length)}`);
  row('of it read at activation', kB(files.get('extension.cjs')?.length ?? NaN), 'extension.cjs');
  const panels = await panelBytes(dist);
  row('the session panel, gzipped', kB(panels.get('session') ?? NaN), `goal ≤ ${kB(largest.panel)}`);
}

/** In the first window both run cold; a window on a reload has a host of its own, too, whose files are warm. */
async function activation(): Promise<void> {
  const own: number[] = [];
  const empty: number[] = [];
  const code = await startWorkbench({ asleep: true });
  try {
    for (let n = 0; n < rounds; n++) {
      const host = await ProbedHost.next(probes.folder, probes.known);
      await code.window.ready();
      await delay(calmMs);
      empty.push(await host.activate(emptyExtension));
      own.push(await host.activate(coppice));
      host.leave();
      if (n < rounds - 1) await code.window.page.reload({ waitUntil: 'commit' });
    }
  } finally {
    await code.stop();
  }
  const beyond = own.map((each, n) => each - (empty[n] ?? NaN));
  ratio('load and activate, p50', median(own), median(empty), 'an extension that does nothing');
  row(
    'load and activate beyond that, p50',
    ms(median(beyond)),
    `goal ≤ 50 ms; longest of ${rounds} ${ms(Math.max(...beyond))}`,
  );
}

async function eventLoop(): Promise<void> {
  const code = await startWorkbench();
  const { machine, window } = code;
  try {
    await machine.coppice(['trust', '--host']);
    await window.open('Coppice');
    const host = await ProbedHost.next(probes.folder, probes.known);
    await window.view('Sessions').welcome.waitFor();
    const quiet = await host.lateness(() => delay(10_000));
    for (let n = 0; n < streaming.sessions; n++) {
      await machine.json('session', 'start', '--agent', 'talker', `Talk ${n}`);
    }
    const running = async (): Promise<boolean> =>
      (await machine.sessions()).filter(({ status }) => status === 'running').length === streaming.sessions;
    await soon(running, `${streaming.sessions} sessions at work`, 60_000);
    await window
      .view('Sessions')
      .row(/Talk 3/)
      .first()
      .click();
    await window.webview('main [role="feed"]');
    const engine = await connect({ home: machine.home, client: 'bench', version: '0.1.0' });
    const { pid } = engine.engine;
    engine.dispose();
    const before = await processorSeconds(pid);
    const begun = performance.now();
    const busy = await host.lateness(() => delay(streaming.seconds * 1000));
    const spent = (await processorSeconds(pid)) - before;
    const passed = (performance.now() - begun) / 1000;
    const what = `${streaming.sessions} sessions × ${streaming.perSecond} events/s, one in a panel: event loop`;
    ratio(`${what}, p99`, busy.p99, quiet.p99, 'nothing to do', '≤ 50 ms');
    row(`${what}, longest`, ms(busy.max), `nothing to do ${ms(quiet.max)}`);
    const memory = `${(await residentMebibytes(pid)).toFixed(0)} MiB resident`;
    row('the engine meanwhile', `${((100 * spent) / passed).toFixed(0)} %`, `of one processor; ${memory}`);
    row('heap of the host', `${(await host.memory()).toFixed(0)} MiB`, 'all extensions of VS Code in it included');
    host.leave();
    await machine.coppice(['session', 'stop', '--all']).catch(() => undefined);
  } finally {
    await code.stop();
  }
}

/** Seconds of processor time that a process has used, by the system's hundredths. */
async function processorSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function residentMebibytes(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+)/mu.exec(await readFile(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
}

async function tree(): Promise<void> {
  const code = await startWorkbench({ sessions: many });
  const { machine, window } = code;
  try {
    await machine.coppice(['trust']);
    await window.open('Coppice');
    const host = await ProbedHost.next(probes.folder, probes.known);
    const view = window.view('Sessions');
    await view.rows.nth(10).waitFor();
    const opened: number[] = [];
    for (let n = 0; n < 10; n++) {
      await view.toggle(/repo/);
      await soon(async () => (await view.rows.count()) <= 2, 'a closed row');
      const begun = performance.now();
      await view.toggle(/repo/);
      await view.rows.nth(10).waitFor();
      opened.push(performance.now() - begun);
    }
    row(
      `${many.toLocaleString('en')} sessions: expand → rows drawn, p50`,
      ms(median(opened)),
      'click of the browser included',
    );
    const renamed: number[] = [];
    const connection = await connect({ home: machine.home, client: 'bench', version: '0.1.0' });
    const id = `00000000-0000-4000-8000-${String(many - 1).padStart(12, '0')}`;
    const late = await host.lateness(async () => {
      for (let n = 0; n < 20; n++) {
        const title = `Renamed ${n} times`;
        const begun = performance.now();
        const drawn = view.row(title).waitFor();
        await connection.request('session/rename', { session: id, title });
        await drawn;
        renamed.push(performance.now() - begun);
      }
    });
    connection.dispose();
    row(
      `${many.toLocaleString('en')} sessions: one renamed → drawn, p50`,
      ms(median(renamed)),
      `p95 ${ms(percentile(renamed, 0.95))}`,
    );
    row('the event loop of the host meanwhile, p99', ms(late.p99), `longest ${ms(late.max)}`);
    host.leave();
  } finally {
    await code.stop();
  }
}

process.stdout.write(
  `load ${loadavg()
    .map((each) => each.toFixed(1))
    .join(' ')}\n`,
);
try {
  for (const part of [sizes, activation, eventLoop, tree]) {
    // What one of them runs into says nothing of the others.
    await part().catch((error: unknown) => {
      process.exitCode = 1;
      process.stdout.write(`${part.name} could not be measured: ${String(error)}\n`);
    });
  }
} finally {
  await closeBrowser();
}
