import { fit } from './width.ts';
import type { Paint } from './paint.ts';
import type { Sink } from './shell.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 120;

/** One line at the bottom of a terminal that is written over as things go on. It is cleared whenever something else is printed. */
export class StatusLine {
  readonly #sink: Sink;
  readonly #paint: Paint;
  #make: (() => string) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;
  #drawn = false;

  constructor(sink: Sink, paint: Paint) {
    this.#sink = sink;
    this.#paint = paint;
  }

  /** `make` gives the words of each drawing; undefined takes the line away. */
  show(make: (() => string) | undefined): void {
    this.#make = make;
    if (make === undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.clear();
      return;
    }
    this.#timer ??= setInterval(() => {
      this.#frame = (this.#frame + 1) % frames.length;
      this.draw();
    }, frameMs);
    this.draw();
  }

  draw(): void {
    if (this.#make === undefined) return;
    // The last column stays free: a terminal that wraps there would leave half of the line behind.
    const words = fit(this.#make(), this.#sink.columns - 3);
    this.#sink.write(`\r\u001B[2K${this.#paint.cyan(frames[this.#frame] ?? '').value} ${this.#paint.dim(words).value}`);
    this.#drawn = true;
  }

  clear(): void {
    if (this.#drawn) this.#sink.write('\r\u001B[2K');
    this.#drawn = false;
  }
}
