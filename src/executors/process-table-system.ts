import { PsTable, systemPs } from './process-table-ps.ts';
import { ProcTable } from './process-table-proc.ts';
import { SharedTable } from './process-table-shared.ts';
import type { ProcessTable } from './process-table.ts';

/** The process table of the system that this runs on. */
export function systemProcessTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  return new SharedTable(platform === 'linux' ? new ProcTable('/proc') : new PsTable(systemPs(platform)));
}
