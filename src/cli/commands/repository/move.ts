import { resolve } from 'node:path';
import type { Command } from 'commander';
import { counted } from '../../../core/counted.ts';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { text } from '../../text.ts';

/** Adds `repository move`. Moves no files: it binds sessions to a repository that somebody has moved. */
export function addRepositoryMove(group: Command, perform: Perform): void {
  group
    .command('move')
    .argument('<old>', 'the path at which it was')
    .argument('[new]', 'the repository where it is, or a folder in it; default: the working directory, or --repo')
    .summary('bind the sessions of a repository that you have moved to its new path')
    .description(
      'Binds the sessions, the trust and the breakpoints of a repository to the path where it is, and lets its worktrees point to ' +
        'it. Moves no files: do that first, with `mv`. The repository at the new path has to hold the work of those sessions, and ' +
        'one that is at the old path again, such as a fresh clone, nothing of it; that one is not trusted any more then.',
    )
    .addHelpText('after', '\nExample:\n  mv ~/shop ~/code/shop && coppice repository move ~/shop ~/code/shop')
    .action((old: string, present: string | undefined) =>
      perform(async ({ shell, engine, out, path }) => {
        const moved = await engine.request('repository/move', {
          from: resolve(shell.cwd, old),
          path: present === undefined ? path : resolve(shell.cwd, present),
        });
        out.result(moved, () => [
          text`${counted(moved.sessions, 'session')} of ${resolve(shell.cwd, old)} now at ${moved.root}`,
          ...(moved.trusted ? [] : [text`Not trusted: ${moved.root}; \`coppice trust\` in it lets things run there.`]),
          ...moved.unsure.map((each) =>
            out.paint.yellow(text`! ${each}: its .git is not as git had written it; left.`),
          ),
        ]);
        return exits.done;
      }),
    );
}
