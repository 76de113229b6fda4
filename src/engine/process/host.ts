/** Who an engine is among all processes of all hosts, and whether another one still lives. */
import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from '../../core/errors.ts';
import type { ProcessTable } from '../../executors/process-table.ts';
import { systemProcessTable } from '../../executors/process-table-system.ts';

/** Tells one process from all others that ever wrote to a data directory, on whichever host. */
export interface Identity {
  /** The same for all processes of a host, hashed; another one on every other host. */
  readonly host: string;
  /** The host's name, for people. */
  readonly hostname: string;
  /** Differs between two starts of the host. */
  readonly boot: string;
  /** Processes see each other's pids only within a pid namespace (Linux); empty where there are none. */
  readonly namespace: string;
  readonly pid: number;
  /** When the process was started, opaque: tells it from a later one with the same pid. */
  readonly started: string;
}

/** `unknown`: it cannot be told, which never means that it has ended. */
export type Life = 'alive' | 'ended' | 'unknown';

/** What this host knows of its processes. */
export interface Host {
  /** The present process. */
  readonly self: Identity;
  /** Whether a process that was recorded in this host, boot and pid namespace still lives. */
  readonly lifeOf: (pid: number, started: string) => Promise<Life>;
}

/** This process on this host. */
export async function thisHost(table: ProcessTable = systemProcessTable()): Promise<Host> {
  const entry = await table.find(process.pid);
  if (entry === undefined) throw new Error('The process table does not show this process.');
  const name = hostname();
  const self: Identity = {
    host: createHash('sha256')
      .update(`${await machineId()}\n${name}`)
      .digest('hex')
      .slice(0, 32),
    hostname: name,
    boot: await table.bootId(),
    namespace: await pidNamespace(),
    pid: process.pid,
    started: entry.startTime,
  };
  return { self, lifeOf: (pid, started) => lifeOf(table, pid, started) };
}

async function lifeOf(table: ProcessTable, pid: number, started: string): Promise<Life> {
  try {
    const entry = await table.find(pid);
    if (entry !== undefined) return entry.startTime === started && !entry.zombie ? 'alive' : 'ended';
  } catch {
    return 'unknown'; // the system does not answer
  }
  // A table may hide what belongs to others; the kernel does not take a missing process for one that may not be signalled.
  try {
    process.kill(pid, 0);
    return 'unknown';
  } catch (error) {
    return systemCode(error) === 'ESRCH' ? 'ended' : 'unknown';
  }
}

/**
 * Made once per installation of a system (machine-id(5)). The name of the host is hashed with it, because copies of one
 * image (containers, cloned machines) have the same; where there is none, the name has to do.
 */
async function machineId(): Promise<string> {
  for (const path of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    try {
      return (await readFile(path, 'latin1')).trim();
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
  return '';
}

async function pidNamespace(): Promise<string> {
  try {
    return await readlink('/proc/self/ns/pid');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}
