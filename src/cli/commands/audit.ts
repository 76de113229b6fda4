import type { Command } from 'commander';
import type { Perform } from '../context.ts';
import { exits } from '../exit-codes.ts';
import { text } from '../text.ts';

/** Adds `coppice audit verify`. Exit code 1 when the journal is damaged. */
export function addAudit(program: Command, perform: Perform): void {
  program
    .command('audit')
    .summary('prove that the journal is whole')
    .description('The journal: the append-only, hash-chained record of everything that happened.')
    .command('verify')
    .summary('check every record of the journal')
    .description(
      'Checks the hash chain of the whole journal. Exit code 1 names the first record that is not as it was written.',
    )
    .action(() =>
      perform(async ({ engine, out }) => {
        const result = await engine.request('audit/verify', {});
        const { ok, records, segments, problem } = result;
        out.result(result, () =>
          ok || problem === undefined
            ? [
                text`${out.paint.green('The journal is whole')}: ${records} records in ${segments} ${segments === 1 ? 'segment' : 'segments'}.`,
              ]
            : [
                text`${out.paint.red('The journal is damaged')}: ${problem.segment}, line ${problem.line}, record ${problem.seq}: ${problem.reason}`,
              ],
        );
        return ok ? exits.done : exits.failed;
      }),
    );
}
