import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { addWorktreesCleanup } from './cleanup.ts';
import { addWorktreesCreate } from './create.ts';
import { addWorktreesList } from './list.ts';

/** Adds the group `coppice worktrees` with create, list and cleanup. */
export function addWorktrees(program: Command, perform: Perform): void {
  const group = program
    .command('worktrees')
    .alias('worktree')
    .summary('make, list and clean up worktrees')
    .description('Worktrees of a repository, in which the agents work.');
  for (const add of [addWorktreesCreate, addWorktreesList, addWorktreesCleanup]) add(group, perform);
}
