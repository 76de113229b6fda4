import { Text, type Piece } from './text.ts';

export type Colour = (piece: Piece) => Text;

/** Colours of a stream; without colour each gives the plain text. */
export interface Paint {
  readonly bold: Colour;
  readonly dim: Colour;
  readonly red: Colour;
  readonly green: Colour;
  readonly yellow: Colour;
  readonly cyan: Colour;
}

/** SGR codes (ECMA-48) that switch each colour on and off. */
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

/** Colours that write SGR codes, or with `colour` false only make the text printable. */
export function paintWith(colour: boolean): Paint {
  const made =
    ([on, off]: readonly [number, number]): Colour =>
    (piece) =>
      colour ? Text.coloured(piece, on, off) : Text.of(piece);
  return {
    bold: made(codes.bold),
    dim: made(codes.dim),
    red: made(codes.red),
    green: made(codes.green),
    yellow: made(codes.yellow),
    cyan: made(codes.cyan),
  };
}

/** Whether a stream gets colours: `--no-color`, then `NO_COLOR`, then `FORCE_COLOR`, then whether it is a capable terminal. */
export function wantsColour(
  stream: { readonly isTTY: boolean },
  env: Readonly<Record<string, string | undefined>>,
  refused: boolean,
): boolean {
  if (refused || (env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'] ?? '';
  if (forced !== '') return forced !== '0';
  return stream.isTTY && env['TERM'] !== 'dumb';
}
