/** States of a test over the toy domain, closed when it ends. */
import type { CoppiceError } from '../../../src/core/errors.ts';
import { verifyJournal } from '../../../src/state/journal-verify.ts';
import type { Verification } from '../../../src/state/journal-verify.ts';
import { StateManager } from '../../../src/state/state-manager.ts';
import type { StateOptions } from '../../../src/state/state-manager.ts';
import type { FileOperations } from '../../../src/state/file-operations.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { toyDomain } from './toy-domain.ts';

export const home = '/home';
export const snapshotPath = '/home/snapshot.jsonl';

const managers: StateManager[] = [];

afterEach(async () => {
  for (const manager of managers.splice(0)) await manager.close();
});

let time = 1_700_000_000_000;

/** Opens the state in `/home` of a disk. Any trouble in the background is an error of the test. */
export async function openState(fileOps: FileOperations, options: Partial<StateOptions> = {}): Promise<StateManager> {
  const onProblem = (problem: CoppiceError): never => {
    throw problem;
  };
  const defaults = { home, domain: toyDomain, clock: () => (time += 1), onProblem, fileOps };
  const manager = await StateManager.open({ ...defaults, ...options });
  managers.push(manager);
  return manager;
}

export function verify(disk: FileOperations): Promise<Verification> {
  return verifyJournal(disk, `${home}/journal`);
}

export function segmentPath(number: number): string {
  return `${home}/journal/${String(number).padStart(6, '0')}.jsonl`;
}

export function segmentPaths(disk: MemoryDisk): string[] {
  return disk.paths(`${home}/journal`);
}

/** Something to wait for, until it is opened. */
export function gate(): { readonly closed: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const closed = new Promise<void>((resolve) => (open = resolve));
  return { closed, open };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
