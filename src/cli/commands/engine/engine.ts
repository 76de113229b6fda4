import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { addEngineStart } from './start.ts';
import { addEngineStatus } from './status.ts';
import { addEngineStop } from './stop.ts';

/** Adds the group `coppice engine` with start, stop and status. */
export function addEngine(program: Command, perform: Perform): void {
  const group = program
    .command('engine')
    .summary('start, stop and look at the engine')
    .description('The engine: one process per data directory that owns the journal, the queue and the agents.');
  for (const add of [addEngineStart, addEngineStop, addEngineStatus]) add(group, perform);
}
