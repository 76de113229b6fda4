import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { deferred } from './deferred.ts';
import type { Keyboard } from './shell.ts';

/** A terminal's input and output, and what Ctrl-C does while a question is open; false when nobody minds it. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly interrupted: () => boolean;
}

/** Asks one question at a time. The input is only read while a question is open. */
export function keyboardOf(terminal: Terminal): Keyboard {
  return {
    ask: (question, signal) => ask(terminal, question, terminal.output, signal),
    askHidden: async (question, signal) => {
      terminal.output.write(question);
      const typed = await ask(terminal, '', new Silence(), signal);
      terminal.output.write('\n');
      return typed;
    },
  };
}

/** Takes the echo of what must not be seen. */
class Silence extends Writable {
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

async function ask(
  { input, output: screen, interrupted }: Terminal,
  question: string,
  output: NodeJS.WritableStream,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (signal?.aborted === true) return undefined;
  const lines = createInterface({ input, output, terminal: true, historySize: 0 });
  const answer = deferred<string | undefined>();
  const abort = (): void => answer.resolve(undefined);
  signal?.addEventListener('abort', abort, { once: true });
  lines.once('line', answer.resolve);
  lines.once('close', abort);
  lines.on('SIGINT', () => {
    if (!interrupted()) answer.resolve(undefined);
  });
  lines.setPrompt(question);
  lines.prompt();
  try {
    const typed = await answer.promise;
    if (typed === undefined) screen.write('\n');
    return typed;
  } finally {
    signal?.removeEventListener('abort', abort);
    lines.off('close', abort);
    lines.close();
  }
}
