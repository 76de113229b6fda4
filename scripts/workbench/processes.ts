import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const graceMs = 3000;

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
