import { printable } from '../core/printable.ts';
import { widthOf } from './width.ts';

/** A string is untrusted and is made printable; a `Text` is printable already. */
export type Piece = string | number | Text;

const colourCodes = new RegExp('\\u001B\\[[0-9;]*m', 'g');

/**
 * Text that may be written to a terminal as it is. It is only made here, and every plain string that goes in is made
 * printable, so that no escape sequence of an agent gets through by oversight.
 */
export class Text {
  readonly value: string;

  private constructor(value: string) {
    this.value = value;
  }

  static of(piece: Piece): Text {
    if (piece instanceof Text) return piece;
    return new Text(typeof piece === 'number' ? String(piece) : printable(piece));
  }

  /** The literal parts are ours, what is put in is made printable. */
  static tagged(literals: TemplateStringsArray, ...pieces: readonly Piece[]): Text {
    return new Text(literals.map((literal, i) => `${literal}${Text.of(pieces[i] ?? '').value}`).join(''));
  }

  static join(pieces: readonly Piece[], separator: Piece): Text {
    return new Text(pieces.map((piece) => Text.of(piece).value).join(Text.of(separator).value));
  }

  /** `on` and `off` are SGR codes. */
  static coloured(piece: Piece, on: number, off: number): Text {
    return new Text(`\u001B[${on}m${Text.of(piece).value}\u001B[${off}m`);
  }

  /** Every line moved in by `columns`; the first one begins with `head` when there is one. */
  indent(columns: number, head?: Piece): Text {
    const margin = ' '.repeat(columns);
    const [first = '', ...rest] = this.value.split('\n');
    const start = head === undefined ? margin : Text.of(head).value;
    return new Text([`${start}${first}`, ...rest.map((line) => (line === '' ? '' : `${margin}${line}`))].join('\n'));
  }

  /** Columns on a terminal, of the longest line. */
  get width(): number {
    return Math.max(...this.plain.split('\n').map(widthOf));
  }

  /** Without colours. */
  get plain(): string {
    return this.value.replace(colourCodes, '');
  }
}

/** Tag of a template: its literal parts stay as they are, every string put in is made printable. */
export const text = (literals: TemplateStringsArray, ...pieces: readonly Piece[]): Text =>
  Text.tagged(literals, ...pieces);
