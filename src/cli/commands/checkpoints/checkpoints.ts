import type { Command } from 'commander';
import type { CheckpointView } from '../../../protocol/diff-schemas.ts';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { table } from '../../table.ts';
import { text } from '../../text.ts';

/** Adds `checkpoints`: the states of a session's files that can be gone back to. */
export function addCheckpoints(program: Command, perform: Perform): void {
  program
    .command('checkpoints')
    .argument('<session>', 'its id, the beginning of it, or its task')
    .summary("states of a session's files that are kept")
    .description(
      'Lists the checkpoints of a session: when and why each was taken, and whether files had changed. With --json: one array.',
    )
    .action((session: string) =>
      perform(async ({ engine, out }) => {
        const { checkpoints } = await engine.request('checkpoint/list', { session });
        out.result(checkpoints, () => {
          if (checkpoints.length === 0) return [out.paint.dim('No checkpoints.')];
          const head = ['N', 'TAKEN', 'WHY', 'FILES', 'NAME'].map((title) => out.paint.dim(title));
          const rows = checkpoints.map((each) => [each.n, each.at, why(each), files(each), each.name ?? '']);
          const remarks = checkpoints.flatMap(({ n, remarks: own }) => own.map((remark) => text`${n}: ${remark}`));
          return [...table([head, ...rows], out.columns), ...remarks];
        });
        return exits.done;
      }),
    );
}

/** In a few words, why a checkpoint was taken. */
function why({ kind, turn, prompt, restore }: CheckpointView): string {
  switch (kind) {
    case 'session-start':
      return 'session start';
    case 'turn-start':
      return `before prompt ${prompt ?? ''}`.trim();
    case 'turn-end':
      return `end of turn ${turn}`;
    case 'tool':
      return 'before a tool';
    case 'restore':
      return restore === undefined ? 'rollback' : `${restore.side} rollback to ${restore.to}`;
    case 'gate':
    case 'named':
      return kind;
  }
}

function files({ changed, byPerson }: CheckpointView): string {
  if (!changed) return '-';
  return byPerson ? 'changed by hand' : 'changed';
}
