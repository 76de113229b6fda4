/** A container and another host for the sessions of a workbench, where this machine can have them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Dockerd } from '../../executors/dockerd.ts';
import { dockerThere, sshdProgram } from '../../executors/install.mjs';
import { Sshd } from '../../executors/sshd.ts';
import type { Machine } from '../../integration/cli/machine.ts';

/** Where a session can be, and what its terminal says of that. */
export interface Otherwhere {
  readonly executor: string;
  readonly told: RegExp;
  /** Where a session finds itself there. */
  readonly inside: RegExp;
  /** The same folder for whoever stands outside. */
  readonly outside: (session: { readonly id: string; readonly worktree: string | null }) => string;
  /** Takes the place from under a terminal, once its session has ended. */
  readonly leave: () => void;
  /** What the terminal says then. */
  readonly gone: RegExp;
}

/** What there is; what this machine cannot have is told. */
export class Elsewhere {
  readonly places: readonly Otherwhere[];
  /** Settings of the engine. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly #daemon: Dockerd | undefined;
  readonly #sshd: Sshd | undefined;

  private constructor(daemon: Dockerd | undefined, sshd: Sshd | undefined) {
    this.#daemon = daemon;
    this.#sshd = sshd;
    const image = daemon && { socket: daemon.socketPath, image: daemon.image, memoryMegabytes: 256, network: 'none' };
    this.config = { executors: image === undefined ? {} : { docker: image } };
    const box: Otherwhere = {
      executor: 'docker',
      told: /A shell in the container [0-9a-f]{12} of the session/u,
      inside: /^\/workspace$/u,
      outside: ({ worktree }) => worktree ?? '',
      leave: () => undefined, // the container has ended with its session
      gone: /The container [0-9a-f]{12} has ended/u,
    };
    const host: Otherwhere = {
      executor: 'ssh:build1',
      told: /A shell in the worktree on build1/u,
      inside: /\/\.coppice\/remote\/sessions\/[0-9a-f-]{36}\/work$/u,
      outside: ({ id }) => join(sshd?.home ?? '', '.coppice', 'remote', 'sessions', id, 'work'),
      leave: () => sshd?.cut(),
      gone: /The connection to build1 was lost/u,
    };
    this.places = [...(daemon === undefined ? [] : [box]), ...(sshd === undefined ? [] : [host])];
  }

  static async open(machine: Machine): Promise<Elsewhere> {
    if (!dockerThere()) tell('Docker');
    if (sshdProgram() === undefined) tell('sshd');
    const daemon = dockerThere() ? await Dockerd.open({ node: false }) : undefined;
    const sshd = sshdProgram() === undefined ? undefined : await Sshd.open();
    if (sshd !== undefined) await configure(machine, sshd);
    return new Elsewhere(daemon, sshd);
  }

  async dispose(): Promise<void> {
    await this.#sshd?.dispose();
    await this.#daemon?.dispose();
  }
}

function tell(what: string): void {
  process.stdout.write(`      NOT TESTED: this machine has no ${what}\n`);
}

/** ssh takes the home of the account and not of the environment: only so it reads another configuration. */
async function configure(machine: Machine, { port, clientKey, knownHosts }: Sshd): Promise<void> {
  const home = machine.env['HOME'] ?? '';
  const bin = join(home, 'bin');
  const config = join(home, 'ssh_config');
  const lines = ['Host build1', 'HostName 127.0.0.1', `Port ${port}`, `IdentityFile ${clientKey}`];
  await writeFile(config, [...lines, `UserKnownHostsFile ${knownHosts}`, 'IdentityAgent none', ''].join('\n'));
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${config} "$@"\n`, { mode: 0o755 });
  machine.env['PATH'] = `${bin}:${machine.env['PATH'] ?? ''}`;
}
