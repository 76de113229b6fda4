import type { Command } from 'commander';
import type { Perform } from '../context.ts';
import { exits } from '../exit-codes.ts';
import { overlapLines } from '../overlap-lines.ts';
import { noteReadOnly } from '../read-only.ts';

/** Adds `radar`, over all repositories unless `--repo` names one. */
export function addRadar(program: Command, perform: Perform): void {
  program
    .command('radar')
    .summary('where the work of sessions cannot be merged')
    .description(
      "Shows which sessions are in each other's way, or in that of the branch that they came from, with the lines on either " +
        'side. What is not committed yet counts. Of all repositories, or of one with --repo. With --json: one array.',
    )
    .action(() =>
      perform(async (context) => {
        const { engine, out, path, pathGiven } = context;
        const { overlaps } = await engine.request('radar/list', pathGiven ? { path } : {});
        await noteReadOnly(context);
        out.result(overlaps, () =>
          overlaps.length === 0
            ? [out.paint.dim('Nothing overlaps.')]
            : overlaps.flatMap((each) => overlapLines(each, out.paint)),
        );
        return exits.done;
      }),
    );
}
