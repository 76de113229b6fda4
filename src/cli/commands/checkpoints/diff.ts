import { Option, type Command } from 'commander';
import type { Side } from '../../../protocol/diff-schemas.ts';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { text } from '../../text.ts';
import { checkpointNumber } from './arguments.ts';
import { fileLines } from './file-lines.ts';

/** Adds `diff`: what changed between two states of a session's files. */
export function addDiff(program: Command, perform: Perform): void {
  program
    .command('diff')
    .argument('<session>', 'its id, the beginning of it, or its task')
    .summary("what changed in a session's files")
    .description(
      'Lists the files that differ between two states of a session: checkpoints by their number, `base` (where the work\n' +
        'started) or `worktree` (the files as they are). Nothing is changed.',
    )
    .addOption(new Option('--from <state>', 'the earlier state').default('base').argParser(side))
    .addOption(new Option('--to <state>', 'the later state').default('worktree').argParser(side))
    .action((session: string, { from, to }: { readonly from: Side; readonly to: Side }) =>
      perform(async ({ engine, out }) => {
        const summary = await engine.request('diff/summary', { session, from, to, limit: 50_000 });
        out.result(summary, () => [
          ...fileLines(summary.files, out.paint),
          ...summary.remarks,
          ...(summary.files.length === 0
            ? [out.paint.dim('No differences.')]
            : [out.paint.dim(text`lines: git diff ${summary.from.tree} ${summary.to.tree}`)]),
        ]);
        return exits.done;
      }),
    );
}

function side(value: string): Side {
  return value === 'base' || value === 'worktree' ? value : checkpointNumber(value);
}
