import type { Command } from 'commander';
import type { WorktreeView } from '../../../protocol/schemas.ts';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { table } from '../../table.ts';
import { withTrust } from '../../with-trust.ts';

const kinds: Readonly<Record<WorktreeView['kind'], string>> = {
  main: 'main checkout',
  ours: 'coppice',
  pool: 'in the pool',
  other: 'foreign',
};

/** Adds `worktrees list`: every worktree that git knows, Coppice's or not. */
export function addWorktreesList(group: Command, perform: Perform): void {
  group
    .command('list')
    .alias('ls')
    .summary('worktrees of this repository')
    .description('Lists the worktrees of the repository and who works in them. With --json: one array.')
    .action(() =>
      perform(async (context) => {
        const { engine, out, path } = context;
        const { worktrees } = await withTrust(context, () => engine.request('worktree/list', { path }));
        out.result(worktrees, () => {
          const head = ['BRANCH', 'KIND', 'STATE', 'SESSION', 'PATH'].map((title) => out.paint.dim(title));
          const rows = worktrees.map((each) => [
            each.branch ?? '(detached)',
            kinds[each.kind],
            each.holder === undefined ? (each.dirty === true ? 'changed' : '-') : 'in use',
            (each.holder ?? each.session ?? '-').slice(0, 8),
            each.path,
          ]);
          return table([head, ...rows], Number.POSITIVE_INFINITY);
        });
        return exits.done;
      }),
    );
}
