import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { text } from '../../text.ts';
import { withTrust } from '../../with-trust.ts';

/** Adds `worktrees cleanup`. A worktree that is kept is named with its reason and is no failure. */
export function addWorktreesCleanup(group: Command, perform: Perform): void {
  group
    .command('cleanup')
    .summary('remove worktrees that are safe to remove')
    .description(
      'Removes worktrees of Coppice that nobody works in and whose work is safe elsewhere. Says what is kept, and why.',
    )
    .option('-n, --dry-run', 'only say what would be removed')
    .action(({ dryRun }: { readonly dryRun?: true }) =>
      perform(async (context) => {
        const { engine, out, path } = context;
        const params = { path, dryRun: dryRun === true };
        const result = await withTrust(context, () => engine.request('worktree/cleanup', params));
        out.result({ ...result, dryRun: params.dryRun }, () => {
          const verb = params.dryRun ? 'would remove' : 'removed';
          return [
            ...result.removed.map(
              (each) =>
                text`${verb} ${each.path}: ${each.reason}${each.kept === null ? '' : `; its work is kept at ${each.kept}`}`,
            ),
            ...result.kept.map((each) => out.paint.dim(text`kept ${each.path}: ${each.reason}`)),
            ...(result.removed.length + result.kept.length === 0 ? [out.paint.dim('No worktrees of Coppice.')] : []),
          ];
        });
        return exits.done;
      }),
    );
}
