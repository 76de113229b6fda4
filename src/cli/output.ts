import type { ErrorRecord } from '../core/errors.ts';
import { jsonLine } from './json-line.ts';
import { paintWith, wantsColour, type Paint } from './paint.ts';
import { oneLine } from '../core/printable.ts';
import type { Shell } from './shell.ts';
import { nextText } from './ways.ts';
import { StatusLine } from './status-line.ts';
import { Text, text, type Piece } from './text.ts';

/** `terminal`: colour, progress, questions. `plain`: lines for a pipe. `json`: one JSON value per line. */
export type Style = 'terminal' | 'plain' | 'json';

/** The one way to standard output and standard error. */
export class Output {
  readonly style: Style;
  /** Colours of standard output. */
  readonly paint: Paint;
  readonly #shell: Shell;
  readonly #errorPaint: Paint;
  readonly #status: StatusLine;
  #held: string[] | undefined;

  constructor(shell: Shell, options: { readonly json: boolean; readonly noColour: boolean }) {
    this.#shell = shell;
    this.style = options.json ? 'json' : shell.stdout.isTTY ? 'terminal' : 'plain';
    this.paint = paintWith(wantsColour(shell.stdout, shell.env, options.noColour));
    this.#errorPaint = paintWith(wantsColour(shell.stderr, shell.env, options.noColour));
    this.#status = new StatusLine(shell.stdout, this.paint);
  }

  /** Columns to which a table is cut; unlimited in a pipe. */
  get columns(): number {
    return this.style === 'terminal' ? this.#shell.stdout.columns : Number.POSITIVE_INFINITY;
  }

  /** A line (or several) for a person, on standard output. */
  line(piece: Piece): void {
    if (this.style === 'json') return;
    this.#write(`${Text.of(piece).value}\n`);
  }

  /** A value for a program, on one line of standard output. */
  json(value: unknown): void {
    if (this.style === 'json') this.#write(`${jsonLine(value)}\n`);
  }

  /** The outcome of a command: `value` for a program, `lines` for a person. */
  result(value: unknown, lines: () => readonly Piece[]): void {
    if (this.style === 'json') this.json(value);
    else for (const line of lines()) this.line(line);
  }

  /** A remark for a person, on standard error, so that a pipe only carries what was asked for. */
  note(piece: Piece): void {
    if (this.style === 'json') return;
    this.#aside(`${Text.of(piece).value}\n`);
  }

  error(error: ErrorRecord): void {
    const { code, message } = error;
    const next = nextText(error);
    if (this.style === 'json') {
      this.#shell.stderr.write(`${jsonLine({ error: { code, message, next } })}\n`);
      return;
    }
    const { red, dim } = this.#errorPaint;
    this.#aside(text`${red('coppice:')} ${message}\n${dim(text`  ${next}`)}\n`.value);
  }

  /** Words of the status line, on a terminal; undefined takes it away. */
  progress(make: (() => string) | undefined): void {
    if (this.style !== 'terminal') return;
    this.#status.show(make === undefined || this.#held !== undefined ? undefined : () => oneLine(make()));
  }

  /** Keeps all lines back until they are released, while a person types. */
  hold(): () => void {
    this.#held ??= [];
    this.#status.show(undefined);
    return () => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const each of held) this.#write(each);
    };
  }

  #write(line: string): void {
    if (this.#held !== undefined) {
      this.#held.push(line);
      return;
    }
    this.#status.clear();
    this.#shell.stdout.write(line);
    this.#status.draw();
  }

  #aside(line: string): void {
    this.#status.clear();
    this.#shell.stderr.write(line);
    this.#status.draw();
  }
}
