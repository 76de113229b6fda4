import { fit } from './width.ts';
import { Text, type Piece } from './text.ts';

/**
 * Rows in aligned columns, two spaces apart. The last column takes what is left of `columns` and is cut to it. A line end in a
 * cell (in the name of a folder) is shown as a sign: what follows it would look like a row.
 */
export function table(rows: readonly (readonly Piece[])[], columns: number): Text[] {
  const cells = rows.map((row) =>
    row.map((piece) => Text.of(typeof piece === 'string' ? piece.replaceAll(/\r\n?|\n/gu, '\u2424') : piece)),
  );
  const widths = cells.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(cell.width, all[i] ?? 0)), []);
  return cells.map((row) =>
    Text.join(
      row.map((cell, i) => shaped(cell, i, row.length, widths, columns)),
      '',
    ),
  );
}

function shaped(cell: Text, i: number, count: number, widths: readonly number[], columns: number): Text {
  if (i < count - 1) return Text.join([cell, ' '.repeat((widths[i] ?? 0) - cell.width + 2)], '');
  const room = columns - widths.slice(0, i).reduce((sum, width) => sum + width + 2, 0);
  return cell.width <= room ? cell : Text.of(fit(cell.plain, Math.max(room, 8)));
}
