import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { text } from '../../text.ts';
import { withTrust } from '../../with-trust.ts';

/** Adds `worktrees create`. In a pipe it prints the path and nothing else, for `cd "$(…)"`. */
export function addWorktreesCreate(group: Command, perform: Perform): void {
  group
    .command('create')
    .argument('<name>', 'its name; the branch is feature/<name>')
    .summary('make a worktree, or find the one that has the name')
    .description(
      'Makes a worktree with its own branch, copies what .worktreeinclude names and runs the set-up script. Prints its path.',
    )
    .option('--base <ref>', 'where the branch starts; default: where the main checkout is')
    .action((name: string, { base }: { readonly base?: string }) =>
      perform(async (context) => {
        const { engine, out, path } = context;
        const params = { path, name, ...(base === undefined ? {} : { base }), requester: context.requester() };
        const made = await withTrust(context, () => engine.request('worktree/create', params));
        out.result(made, () => [
          out.style === 'terminal' ? text`${out.paint.bold(made.path)}  branch ${made.branch ?? '(none)'}` : made.path,
        ]);
        return exits.done;
      }),
    );
}
