import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { addRepositoryMove } from './move.ts';

/** Adds the group `coppice repository` with move. */
export function addRepository(program: Command, perform: Perform): void {
  const group = program
    .command('repository')
    .alias('repo')
    .summary('say where a repository is that was moved')
    .description('Repositories as Coppice knows them: by the path of their git directory.');
  addRepositoryMove(group, perform);
}
