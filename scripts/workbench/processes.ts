import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const graceMs = 3000;
const startLimitMs = 60_000;

/**
 * Waits until a process that leads a group of its own prints something, and gives what its first parentheses hold. Where it does
 * not within a minute, the group is ended.
 */
export async function printedBy(child: ChildProcess, pattern: RegExp, name: string): Promise<string> {
  let printed = '';
  let found: string | undefined;
  const said = new Promise<string>((resolve, reject) => {
    const hear = (text: string): void => {
      if (found !== undefined) return; // read on, so that it can go on printing
      printed += text;
      found = pattern.exec(printed)?.[1];
      if (found !== undefined) resolve(found);
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', hear);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${String(code)}:\n${printed}`)));
    setTimeout(() => reject(new Error(`${name} did not say that it is there:\n${printed}`)), startLimitMs).unref();
  });
  try {
    return await said;
  } catch (error) {
    await endGroup(child);
    throw error;
  }
}

/** Ends a process that leads a group of its own, and the group: asked to at first, killed when it is still there after 3 seconds. */
export async function endGroup({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!send(pid, signal)) return;
    for (let waited = 0; waited < graceMs; waited += 50) {
      await delay(50);
      if (!send(pid, 0)) return;
    }
  }
}

/** False when the group is gone. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
