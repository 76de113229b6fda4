import type { FileDiffView } from '../../../protocol/diff-schemas.ts';
import type { Paint } from '../../paint.ts';
import { table } from '../../table.ts';
import { text, type Text } from '../../text.ts';

const letters: Readonly<Record<FileDiffView['status'], string>> = {
  added: 'A',
  modified: 'M',
  deleted: 'D',
  renamed: 'R',
  'type-changed': 'T',
};

/** Changed files, one a line: how, lines more and less, path. */
export function fileLines(files: readonly FileDiffView[], paint: Paint): Text[] {
  return table(
    files.map((file) => [
      letters[file.status],
      file.binary ? 'binary' : counts(file, paint),
      file.oldPath === undefined ? file.path : text`${file.oldPath} → ${file.path}`,
    ]),
    Number.POSITIVE_INFINITY,
  );
}

function counts({ insertions = 0, deletions = 0 }: FileDiffView, paint: Paint): Text {
  return text`${paint.green(`+${insertions}`)} ${paint.red(`-${deletions}`)}`;
}
