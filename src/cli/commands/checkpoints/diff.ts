import { Option, type Command } from 'commander';
import type { DiffSummary, Side } from '../../../protocol/diff-schemas.ts';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { text } from '../../text.ts';
import { checkpointNumber, collect } from './arguments.ts';
import { fileLines } from './file-lines.ts';
import { sessionArgument } from '../../session-argument.ts';

interface DiffOptions {
  readonly from: Side;
  readonly to: Side;
  readonly expect?: readonly string[];
}

/** Adds `diff`: what changed between two states of a session's files. */
export function addDiff(program: Command, perform: Perform): void {
  program
    .command('diff')
    .argument('<session>', sessionArgument)
    .summary("what changed in a session's files")
    .description(
      'Lists the files that differ between two states of a session: checkpoints by their number, `base` (where the work\n' +
        'started) or `worktree` (the files as they are). Nothing is changed. With --expect it answers yes or no for each\n' +
        'path, and ends with 1 if one of them is no.',
    )
    .addOption(new Option('--from <state>', 'the earlier state').default('base').argParser(side))
    .addOption(new Option('--to <state>', 'the later state').default('worktree').argParser(side))
    .option('--expect <path>', 'answer whether this file, or one in this folder, was written; can be repeated', collect)
    .action((session: string, { from, to, expect }: DiffOptions) =>
      perform(async ({ engine, out }) => {
        const summary = await engine.request('diff/summary', { session, from, to, limit: 50_000 });
        if (expect !== undefined) {
          const expected = expect.map((path) => ({ path, written: isWritten(summary.files, path) }));
          out.result({ expected }, () => expected.map(({ path, written }) => text`${written ? 'yes' : 'no '} ${path}`));
          return expected.every(({ written }) => written) ? exits.done : exits.failed;
        }
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

/** What was deleted was not written. */
function isWritten(files: DiffSummary['files'], wanted: string): boolean {
  const path = wanted.replace(/^\.\//, '').replace(/\/+$/, '');
  return files.some((file) => file.status !== 'deleted' && (file.path === path || file.path.startsWith(`${path}/`)));
}

function side(value: string): Side {
  return value === 'base' || value === 'worktree' ? value : checkpointNumber(value);
}
