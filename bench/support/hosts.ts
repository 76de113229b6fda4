/** What the places cost by themselves where agents run: a window, a container, a command on another host. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pause } from '../../src/protocol/client/deadline.ts';
import type { Dockerd } from '../../test/executors/dockerd.ts';
import type { Sshd } from '../../test/executors/sshd.ts';
import type { BenchPlace } from './place.ts';

const run = promisify(execFile);

/** Makes `ssh there` reach the server, for this place alone. */
export function knowHost(place: BenchPlace, sshd: Sshd): void {
  const config = join(place.root, 'ssh_config');
  const lines = [
    'Host there',
    '  HostName 127.0.0.1',
    `  Port ${sshd.port}`,
    `  IdentityFile ${sshd.clientKey}`,
    `  UserKnownHostsFile ${sshd.knownHosts}`,
    '  IdentityAgent none',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const bin = join(place.root, 'bin');
  mkdirSync(bin);
  // ssh takes the home of the account and not of the environment: only so it reads another configuration.
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${config} "$@"\n`, { mode: 0o755 });
  place.env['PATH'] = `${bin}:${place.env['PATH'] ?? ''}`;
}

/** The agent of `instantAgent`, started by the runner alone: milliseconds to its first output. */
export async function bareAgent(place: BenchPlace, name: string): Promise<number> {
  const folder = join(place.root, name);
  await mkdir(folder);
  const files = ['', 'stream', 'stderr'].map((file) => join(folder, file));
  const runner = fileURLToPath(new URL('../../media/run.sh', import.meta.url));
  const began = performance.now();
  const child = spawn('sh', [runner, ...files, 'plain', 'sh', '-c', 'echo started', 'sh', name], {
    env: place.env,
    stdio: 'ignore',
  });
  const over = once(child, 'exit');
  while (!existsSync(files[1] ?? '') || statSync(files[1] ?? '').size === 0) await pause(0.5);
  const ms = performance.now() - began;
  await over;
  return ms;
}

/** A window of tmux, on a server of its own that is there already. */
export async function newWindow(place: BenchPlace): Promise<void> {
  await run('tmux', ['-L', 'floor', 'new-window', '-t', 'floor', 'exec sleep 600'], { env: place.env });
}

/** That server, or its end. */
export async function floorServer(place: BenchPlace, command: 'begin' | 'end'): Promise<void> {
  const args = command === 'begin' ? ['new-session', '-d', '-s', 'floor', 'exec sleep 600'] : ['kill-server'];
  await run('tmux', ['-L', 'floor', '-f', '/dev/null', ...args], { env: place.env });
}

/** A container that prints a line and ends, until it is gone. */
export async function dockerRun(daemon: Dockerd): Promise<void> {
  const once = ['run', '--rm', '--network', 'none', daemon.image, 'sh', '-c', 'echo started'];
  await run('docker', ['-H', `unix://${daemon.socketPath}`, ...once]);
}

/** A command on the other host. */
export async function sshTrue(place: BenchPlace): Promise<void> {
  await run('ssh', ['there', 'true'], { env: place.env });
}
