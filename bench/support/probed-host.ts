/** The extension host of a window, with the probe of `host-probe.ts` in it. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as esbuild from 'esbuild';
import { soon } from '../../test/workbench/support/waiting.ts';
import type { Asked } from './host-probe.ts';

/** An extension that does nothing: what it costs to activate any. */
export const emptyExtension = 'coppice.bench-empty';

/** Puts the probe, and an extension that does nothing, where VS Code finds extensions. */
export async function installProbe(extensions: string): Promise<void> {
  const manifest = { publisher: 'coppice', version: '1.0.0', engines: { vscode: '^1.105.0' }, main: './main.cjs' };
  const put = async (name: string, more: object): Promise<string> => {
    const folder = join(extensions, `coppice.${name}-1.0.0`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, name, ...more }));
    return join(folder, 'main.cjs');
  };
  await writeFile(await put('bench-empty', { activationEvents: [] }), 'exports.activate = () => undefined;\n');
  await esbuild.build({
    entryPoints: [join(import.meta.dirname, 'host-probe.ts')],
    outfile: await put('bench-probe', { activationEvents: ['*'] }),
    bundle: true,
    ...{ platform: 'node', format: 'cjs', target: 'node22', external: ['vscode'], logLevel: 'warning' },
  });
}

/** How late an event loop was, milliseconds. */
export interface Lateness {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** The longest that the host itself was at work in one go, without what it waited for the processor. */
  readonly worked: number;
  /** How often it was late by more than 50 ms. */
  readonly late: number;
}

/** One window's extension host. */
export class ProbedHost {
  readonly #socket: Socket;
  readonly #waiting: ((line: string) => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface(socket).on('line', (line) => this.#waiting.shift()?.(line));
  }

  /** The host that has come up since `known` (names of sockets in `folder`) was made; its socket is then known, too. */
  static async next(folder: string, known: Set<string>): Promise<ProbedHost> {
    const name = await soon(
      async () => (await readdir(folder)).find((each) => !known.has(each)),
      'an extension host with a probe',
    );
    known.add(name);
    const socket = connect(join(folder, name));
    await new Promise<void>((resolve, reject) => void socket.once('connect', resolve).once('error', reject));
    return new ProbedHost(socket);
  }

  /** Milliseconds until an extension is active that was not. */
  async activate(extension: string): Promise<number> {
    return (await this.#ask<{ ms: number }>({ activate: extension })).ms;
  }

  /** How late the event loop is while something is done. */
  async lateness(work: () => Promise<unknown>): Promise<Lateness> {
    await this.#ask({ loop: 'begin' });
    await work();
    return this.#ask({ loop: 'end' });
  }

  /** MiB of the heap in use. */
  async memory(): Promise<number> {
    return (await this.#ask<{ heapUsed: number }>({ memory: true })).heapUsed / 2 ** 20;
  }

  /** Does something, and writes what the host did meanwhile to a file, as a CPU profile. */
  async profile(path: string, work: () => Promise<unknown>): Promise<void> {
    await this.#ask({ profile: 'begin' });
    await work();
    await this.#ask({ profileTo: path });
  }

  leave(): void {
    this.#socket.destroy();
  }

  async #ask<T>(asked: Asked): Promise<T> {
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting.push(resolve);
      this.#socket.once('error', reject);
      this.#socket.write(`${JSON.stringify(asked)}\n`);
    });
    const given = JSON.parse(line) as T & { error?: string };
    if (given.error !== undefined) throw new Error(given.error);
    return given;
  }
}
