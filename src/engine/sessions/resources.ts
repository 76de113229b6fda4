/** What a session uses of its machine at the moment. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '../../core/defined.ts';
import type { Session } from '../../core/session/state.ts';
import { isLive } from '../../core/session/status.ts';
import type { Executor, RunRef } from '../../executors/executor.ts';

/** Sizes in bytes; what cannot be told is absent. */
export interface Resources {
  /** Resident, of the agent and everything that it started. */
  readonly memoryBytes?: number;
  readonly processes?: number;
  /** TCP ports on which one of them listens. */
  readonly ports?: number[];
  /** Of the worktree on the disk. */
  readonly diskBytes?: number;
  /** Counting took too long: there is more. */
  readonly diskIsMore?: boolean;
}

/** Whoever asks waits for the answer, and a worktree can have any number of files. */
const countingMs = 2000;

/** Looks at the processes of the session's run, if one lives, and at its worktree if `counted`. Never throws. */
export async function resourcesOf(
  session: Session,
  executor: Executor,
  run: RunRef,
  counted: boolean,
): Promise<Resources> {
  const nothing = (): undefined => undefined;
  const live = isLive(session);
  const [memoryBytes, processes, ports, disk] = await Promise.all([
    live ? executor.memory(run).catch(nothing) : undefined,
    live ? executor.processes(run).catch(nothing) : undefined,
    live ? executor.ports?.(run).catch(nothing) : undefined,
    session.worktree === undefined || !counted ? undefined : diskOf(session.worktree.path, countingMs).catch(nothing),
  ]);
  return defined({
    memoryBytes,
    processes: processes?.length,
    ports: ports === undefined ? undefined : [...ports],
    diskBytes: disk?.bytes,
    diskIsMore: disk?.isMore === true ? true : undefined,
  });
}

/** What the files below a folder take on the disk, each counted once however many names it has; no link is followed. */
export async function diskOf(
  folder: string,
  limitMs: number,
): Promise<{ readonly bytes: number; readonly isMore: boolean }> {
  const end = performance.now() + limitMs;
  const seen = new Set<string>();
  const folders = [folder];
  let bytes = 0;
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    if (performance.now() > end) return { bytes, isMore: true };
    const names: string[] = [];
    // What an agent removes while it is counted is not there, and what may not be read is not known.
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      if (entry.isDirectory()) folders.push(join(next, entry.name));
      else names.push(join(next, entry.name));
    }
    const found = await Promise.all(names.map((name) => lstat(name).catch(() => undefined)));
    for (const file of found) {
      if (file === undefined) continue;
      const id = `${file.dev}:${file.ino}`;
      if (file.nlink > 1 && seen.has(id)) continue;
      if (file.nlink > 1) seen.add(id);
      bytes += file.blocks * 512;
    }
  }
  return { bytes, isMore: false };
}
