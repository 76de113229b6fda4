/** Calls of one model server: with a limit, cancellable, streamed line by line, never more than fits. */
import { failed, type CallOptions, type Outcome } from './model.ts';

/** Where a server is, and what each call carries. Header values may be secrets and are shown nowhere. */
export interface Endpoint {
  /** Without a slash at the end. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Said once per line of a body; a returned outcome ends the call with it. */
export type OnLine<T> = (line: string) => Outcome<T> | undefined;

const usualLine = 4 * 1024 * 1024;
const usualBody = 64 * 1024 * 1024;
const busyRetryMs = 500;

/**
 * Posts JSON and reads the answer line by line until `onLine` has an outcome. A server that is busy (503, 429) is asked again
 * until the time is up.
 */
export async function call<T>(
  endpoint: Endpoint,
  path: string,
  body: unknown,
  options: CallOptions,
  onLine: OnLine<T>,
): Promise<Outcome<T>> {
  const time = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? time : AbortSignal.any([time, options.signal]);
  try {
    for (let wait = busyRetryMs; ; wait *= 2) {
      const response = await fetch(`${endpoint.base}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json', ...endpoint.headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal,
      });
      if (response.ok) return await lines(response, onLine, options);
      const said = await reasonOf(response);
      if (response.status !== 503 && response.status !== 429) return refusal(endpoint, response.status, said);
      await pause(wait, signal);
    }
  } catch (error) {
    if (options.signal?.aborted === true)
      return failed('cancelled', 'The call was cancelled.', 'Nothing is to be done.');
    if (time.aborted) return tooSlow(endpoint, options.timeoutMs);
    return unreachable(endpoint, error);
  }
}

async function lines<T>(response: Response, onLine: OnLine<T>, limits: CallOptions): Promise<Outcome<T>> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
  const cutter = new LineCutter();
  try {
    for (let done = reader === undefined; !done;) {
      const chunk = await reader?.read();
      done = chunk?.done !== false;
      for (const line of cutter.cut(chunk?.value)) {
        const outcome = onLine(line);
        if (outcome !== undefined) return outcome;
      }
      if (cutter.isTooMuch(limits)) return broken('it has no end');
    }
    return broken('it ended before it was done');
  } finally {
    // Ends the connection when there is more to come that nobody reads.
    await reader?.cancel().catch(() => undefined);
  }
}

/** Cuts a body into its lines, wherever the chunks of it end. */
class LineCutter {
  readonly #decoder = new TextDecoder();
  /** Pieces of the line that has not ended. */
  #pieces: string[] = [];
  #length = 0;
  #size = 0;

  /** The lines that are whole with this chunk; without one, what is left is the last line. */
  cut(chunk: Uint8Array | undefined): string[] {
    this.#size += chunk?.length ?? 0;
    const text = chunk === undefined ? `${this.#decoder.decode()}\n` : this.#decoder.decode(chunk, { stream: true });
    const [first = '', ...others] = text.split('\n');
    this.#pieces.push(first);
    this.#length += first.length;
    const last = others.pop();
    if (last === undefined) return [];
    const found = [this.#pieces.join(''), ...others];
    this.#pieces = [last];
    this.#length = last.length;
    return found.map((line) => line.trim()).filter((line) => line !== '');
  }

  isTooMuch({ longestLine = usualLine, longestBody = usualBody }: CallOptions): boolean {
    return this.#length > longestLine || this.#size > longestBody;
  }
}

/** An answer that cannot be used. */
export function broken(why: string): { ok: false; failure: Extract<Outcome<never>, { ok: false }>['failure'] } {
  return failed('broken', `The answer of the model cannot be used: ${why}.`, 'It is asked again at the next turn.');
}

async function reasonOf(response: Response): Promise<string> {
  const text = (await response.text().catch(() => '')).slice(0, 4096);
  try {
    const said: unknown = JSON.parse(text);
    const error = typeof said === 'object' && said !== null && 'error' in said ? said.error : undefined;
    const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}

function refusal<T>({ base }: Endpoint, status: number, said: string): Outcome<T> {
  const what = said.replaceAll(/\s+/gu, ' ').slice(0, 200);
  if (status === 404) return failed('no-model', `The model server says: ${what}.`, 'Choose a model that is installed.');
  const next =
    status === 401 || status === 403 ? 'Check the key of the model server.' : 'See the log of the model server.';
  return failed('refused', `The model server at ${base} refused with ${status}: ${what}.`, next);
}

function tooSlow<T>({ base }: Endpoint, ms: number): Outcome<T> {
  const sentence = `The model server at ${base} did not answer within ${Math.round(ms / 1000)} s.`;
  return failed('timed-out', sentence, 'Choose a smaller model, or give it more time.');
}

function unreachable<T>({ base }: Endpoint, error: unknown): Outcome<T> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  const sentence = `The model server at ${base} cannot be reached (${why.slice(0, 200)}).`;
  return failed('unreachable', sentence, 'Start it, for example with `ollama serve`; until then rules decide.');
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', ended, { once: true });
    function done(): void {
      signal.removeEventListener('abort', ended);
      resolve();
    }
    function ended(): void {
      clearTimeout(timer);
      reject(new Error('aborted'));
    }
    if (signal.aborted) ended();
  });
}
