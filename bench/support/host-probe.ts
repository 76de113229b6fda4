/**
 * An extension that measures the extension host it runs in: how long another extension takes to be activated, and how late the
 * event loop is. It is asked over a socket in the folder that `HOST_PROBES` names, one line of JSON per answer.
 */
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import * as vscode from 'vscode';

/**
 * What is asked: the id of an extension to activate, the beginning or the end of a look at the event loop, the beginning of a CPU
 * profile, or its end and the file that it goes to.
 */
export type Asked =
  | { readonly activate: string }
  | { readonly loop: 'begin' }
  | { readonly loop: 'end' }
  | { readonly memory: true }
  | { readonly profile: 'begin' }
  | { readonly profileTo: string };

/** Milliseconds, and bytes of the host's heap. */
export type Answered =
  | { readonly ms: number }
  | {
      readonly p50: number;
      readonly p99: number;
      readonly max: number;
      readonly worked: number;
      readonly late: number;
    }
  | { readonly heapUsed: number };

const tickMs = 2;
/** Delays that are longer are counted: those are the ones that a person feels. */
const lateMs = 50;

/**
 * The longest time, in milliseconds, for which the thread of the extensions worked without coming back to its event loop: what it
 * waited for a processor is left out.
 */
class Stint {
  #timer: NodeJS.Timeout | undefined;
  #longest = 0;
  #late = 0;

  begin(): void {
    let [at, used] = [performance.now(), process.threadCpuUsage()];
    this.#timer = setInterval(() => {
      const [now, since] = [performance.now(), process.threadCpuUsage(used)];
      const delayed = now - at - tickMs;
      this.#longest = Math.max(this.#longest, Math.min(delayed, (since.user + since.system) / 1000));
      if (delayed > lateMs) this.#late += 1;
      at = now;
      used = process.threadCpuUsage();
    }, tickMs);
  }

  end(): { readonly worked: number; readonly late: number } {
    clearInterval(this.#timer);
    return { worked: this.#longest, late: this.#late };
  }
}

let delay = monitorEventLoopDelay({ resolution: 1 });
let stint = new Stint();

/** Called by VS Code as soon as the host has started. */
export function activate(context: vscode.ExtensionContext): void {
  const folder = process.env['HOST_PROBES'] ?? '';
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    createInterface(socket).on('line', (line) => {
      answer(JSON.parse(line) as Asked).then(
        (given) => socket.write(`${JSON.stringify(given)}\n`),
        (error: unknown) => socket.write(`${JSON.stringify({ error: String(error) })}\n`),
      );
    });
  });
  server.listen(join(folder, `${process.pid}.sock`));
  context.subscriptions.push({ dispose: () => server.close() });
}

let profiled: Session | undefined;

async function beginProfile(): Promise<void> {
  profiled = new Session();
  profiled.connect();
  await profiled.post('Profiler.enable');
  await profiled.post('Profiler.setSamplingInterval', { interval: 1000 });
  await profiled.post('Profiler.start');
}

/** `.cpuprofile`, as the tools of browsers read it. */
async function endProfile(path: string): Promise<void> {
  const given = await profiled?.post('Profiler.stop');
  profiled?.disconnect();
  profiled = undefined;
  await writeFile(path, JSON.stringify(given?.profile));
}

async function answer(asked: Asked): Promise<Answered> {
  if ('activate' in asked) {
    const extension = vscode.extensions.getExtension(asked.activate);
    if (extension === undefined) throw new Error(`There is no ${asked.activate}.`);
    if (extension.isActive) throw new Error(`${asked.activate} is active already.`);
    const begun = performance.now();
    await extension.activate();
    return { ms: performance.now() - begun };
  }
  if ('memory' in asked) return { heapUsed: process.memoryUsage().heapUsed };
  if ('profile' in asked || 'profileTo' in asked) {
    await ('profile' in asked ? beginProfile() : endProfile(asked.profileTo));
    return { ms: 0 };
  }
  if (asked.loop === 'begin') {
    delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    stint = new Stint();
    stint.begin();
    return { ms: 0 };
  }
  delay.disable();
  const inMs = (nanoseconds: number): number => nanoseconds / 1e6;
  return { p50: inMs(delay.percentile(50)), p99: inMs(delay.percentile(99)), max: inMs(delay.max), ...stint.end() };
}
