import type { Command } from 'commander';
import { oneLine } from '../../../core/printable.ts';
import type { CheckpointView } from '../../../protocol/diff-schemas.ts';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { table } from '../../table.ts';
import { text } from '../../text.ts';
import { sessionArgument } from '../../session-argument.ts';

/** Adds `checkpoints`: the states of a session's files that can be gone back to. */
export function addCheckpoints(program: Command, perform: Perform): void {
  program
    .command('checkpoints')
    .argument('<session>', sessionArgument)
    .summary("states of a session's files that are kept")
    .description(
      'Lists the checkpoints of a session: when and why each was taken, and whether files had changed since the one before. Of a\n' +
        'tool that asked, it is the state before it began; of a dangerous one that did not ask, the state when it was seen. What\n' +
        'people kept or named and what gates were asked about is kept for good. With --json: one array.',
    )
    .action((session: string) =>
      perform(async ({ engine, out }) => {
        const { checkpoints } = await engine.request('checkpoint/list', { session });
        out.result(checkpoints, () => {
          if (checkpoints.length === 0) return [out.paint.dim('No checkpoints.')];
          const head = ['N', 'TAKEN', 'KIND', 'WHY', 'FILES', 'NAME'].map((title) => out.paint.dim(title));
          const rows = checkpoints.map((each) => [
            each.n,
            each.at,
            kinds[each.kind],
            why(each),
            files(each),
            each.name ?? '',
          ]);
          const remarks = checkpoints.flatMap(({ n, remarks: own }) => own.map((remark) => text`${n}: ${remark}`));
          return [...table([head, ...rows], out.columns), ...remarks];
        });
        return exits.done;
      }),
    );
}

const kinds = {
  'session-start': 'start',
  'turn-start': 'turn',
  'turn-end': 'turn',
  tool: 'tool',
  gate: 'gate',
  restore: 'rollback',
  named: 'named',
} as const satisfies Record<CheckpointView['kind'], string>;

/** In a few words, why a checkpoint was taken. */
function why({ kind, turn, prompt, restore, tools, tree }: CheckpointView): string {
  switch (kind) {
    case 'session-start':
      return 'session start';
    case 'turn-start':
      return `before prompt ${prompt ?? ''}`.trim();
    case 'turn-end':
      return `end of turn ${turn}`;
    case 'tool':
      return tools === undefined ? 'before a tool' : toolsText(tools);
    case 'restore':
      return restore === undefined ? 'rollback' : rollbackText(restore);
    case 'gate':
      return `gates asked about tree ${tree.slice(0, 12)}`;
    case 'named':
      return 'by hand';
  }
}

const shownTools = 3;

function toolsText(tools: NonNullable<CheckpointView['tools']>): string {
  const [first] = tools;
  const more = tools.length > shownTools ? ` and ${tools.length - shownTools} more` : '';
  const names = tools.slice(0, shownTools).map(({ name }) => oneLine(name, 40));
  return `${first?.held === true ? 'before' : 'as it began:'} ${names.join(', ')}${more}`;
}

function rollbackText({ side, to, automatic }: NonNullable<CheckpointView['restore']>): string {
  return `${side} ${automatic === true ? 'automatic ' : ''}rollback to ${to}`;
}

function files({ changed, byPerson }: CheckpointView): string {
  if (!changed) return '-';
  return byPerson ? 'changed by hand' : 'changed';
}
