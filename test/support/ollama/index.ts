/**
 * A double of an Ollama server over loopback: the answers of the real one, with its streaming, its silence and its faults. What
 * it says next is put into `next`; without that it answers well.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How one chat is answered. */
export interface Behaviour {
  /** The answer; by default JSON that fits nothing in particular. */
  readonly text?: string;
  readonly thinking?: string;
  /** Bytes per chunk: small ones end inside of lines and of characters. */
  readonly chunk?: number;
  /** Milliseconds before the first word, as when a model is loaded. */
  readonly delayMs?: number;
  /** Another status than 200, with this error. */
  readonly status?: number;
  readonly error?: string;
  /** Ends with an error after half of the answer. */
  readonly errorMidStream?: string;
  /** Closes the connection after half of the answer; `quietly` ends the body as if it were whole. */
  readonly closeEarly?: 'abruptly' | 'quietly';
  /** Says nothing more after half of the answer. */
  readonly hang?: boolean;
  /** A line that is no JSON in the middle. */
  readonly noise?: string;
  /** Goes on for ever, in one line or in many. */
  readonly flood?: 'line' | 'lines';
  readonly doneReason?: 'stop' | 'length';
  readonly promptTokens?: number;
}

export interface DoubleModel {
  readonly name: string;
  readonly family?: string;
  readonly size?: number;
  readonly capabilities?: readonly string[];
  readonly contextLength?: number;
  /** Its tokenizer, told to whoever asks for everything. */
  readonly vocabulary?: { readonly split: string; readonly merges: readonly string[] };
}

/** What was asked. */
export interface Asked {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly at: number;
}

const usual: readonly DoubleModel[] = [
  {
    name: 'qwen3-coder:30b',
    family: 'qwen3moe',
    size: 19e9,
    capabilities: ['completion', 'tools'],
    contextLength: 262_144,
  },
];

export class OllamaDouble {
  readonly asked: Asked[] = [];
  readonly next: Behaviour[] = [];
  /** What it says to a question when nothing is in `next`. */
  always: ((body: Readonly<Record<string, unknown>>) => Behaviour) | undefined;
  models: readonly DoubleModel[] = usual;
  /** Milliseconds that a model which is not in memory takes to load. */
  loadMs = 0;
  /** More calls than this at once are told 503. */
  places = Number.POSITIVE_INFINITY;
  /** Lines of the next pull. */
  pull: readonly Readonly<Record<string, unknown>>[] = [{ status: 'success' }];
  /** It says nothing more after those lines. */
  pullHangs = false;
  /** Calls whose connection the client closed. */
  cancelled = 0;
  #busy = 0;
  #loaded: string | undefined;
  readonly #server: Server;
  readonly #ending = new AbortController();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<OllamaDouble> {
    const double = new OllamaDouble();
    await new Promise<void>((resolve) => double.#server.listen(0, '127.0.0.1', resolve));
    return double;
  }

  get base(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Forgets what was asked and what was to be said. */
  reset(): void {
    this.asked.length = 0;
    this.next.length = 0;
    this.always = undefined;
    this.models = usual;
    this.loadMs = 0;
    this.places = Number.POSITIVE_INFINITY;
    this.cancelled = 0;
    this.pullHangs = false;
    this.pull = [{ status: 'success' }];
    this.#loaded = undefined;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await bodyOf(request)) || '{}') as Record<string, unknown>;
    const path = request.url ?? '';
    this.asked.push({ path, body, at: performance.now() });
    response.on('close', () => {
      if (!response.writableFinished) this.cancelled += 1;
    });
    switch (path) {
      case '/api/version': {
        json(response, 200, { version: '0.14.0' });
        return;
      }
      case '/api/tags': {
        json(response, 200, {
          models: this.models.map(({ name, size = 1, family = '' }) => ({
            name,
            model: name,
            size,
            details: { family },
          })),
        });
        return;
      }
      case '/api/show': {
        this.#show(response, String(body['model']), body['verbose'] === true);
        return;
      }
      case '/api/pull':
        return this.#pull(response);
      case '/api/chat':
        return this.#chat(response, body);
      default: {
        json(response, 404, { error: '404 page not found' });
        return;
      }
    }
  }

  #show(response: ServerResponse, name: string, verbose: boolean): void {
    const model = this.models.find((each) => each.name === name);
    if (model === undefined) {
      json(response, 404, { error: `model '${name}' not found` });
      return;
    }
    const { capabilities, contextLength, vocabulary } = model;
    const tokenizer = {
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.pre': vocabulary?.split,
      // Told as null unless everything is asked for, as by the real server.
      'tokenizer.ggml.merges': verbose ? vocabulary?.merges : null,
    };
    json(response, 200, {
      ...(capabilities === undefined ? {} : { capabilities }),
      model_info: {
        ...(contextLength === undefined ? {} : { 'general.architecture': 'x', 'x.context_length': contextLength }),
        ...(vocabulary === undefined ? {} : tokenizer),
      },
    });
  }

  async #pull(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    for (const line of this.pull) {
      response.write(`${JSON.stringify(line)}\n`);
      await tick(1, this.#ending.signal);
    }
    if (this.pullHangs) return hangUp(response, this.#ending.signal);
    response.end();
  }

  async #chat(response: ServerResponse, body: Readonly<Record<string, unknown>>): Promise<void> {
    const name = String(body['model']);
    if (!this.models.some((each) => each.name === name)) {
      json(response, 404, { error: `model '${name}' not found, try pulling it first` });
      return;
    }
    if (this.#busy >= this.places) {
      json(response, 503, { error: 'server busy, please try again. maximum pending requests exceeded' });
      return;
    }
    const behaviour = this.next.shift() ?? this.always?.(body) ?? {};
    if (behaviour.status !== undefined) {
      json(response, behaviour.status, { error: behaviour.error ?? 'no' });
      return;
    }
    this.#busy += 1;
    try {
      // Another context size loads the model anew, as the real server does.
      const key = `${name} ${JSON.stringify((body['options'] as Record<string, unknown> | undefined)?.['num_ctx'])}`;
      if (this.#loaded !== key)
        await Promise.race([tick(this.loadMs, this.#ending.signal), hangUp(response, this.#ending.signal)]);
      this.#loaded = key;
      await tick(behaviour.delayMs ?? 0, this.#ending.signal);
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      await this.#stream(response, name, behaviour);
    } finally {
      this.#busy -= 1;
    }
  }

  async #stream(response: ServerResponse, model: string, behaviour: Behaviour): Promise<void> {
    const text = behaviour.text ?? '{"ok":true}';
    const half = Math.ceil(text.length / 2);
    const line = (message: object, more: object = { done: false }): string =>
      `${JSON.stringify({ model, created_at: '2026-11-26T00:00:00Z', message: { role: 'assistant', ...message }, ...more })}\n`;
    const begin = `${behaviour.thinking === undefined ? '' : line({ content: '', thinking: behaviour.thinking })}${line({ content: text.slice(0, half) })}`;
    const counts = {
      prompt_eval_count: behaviour.promptTokens ?? 40,
      eval_count: text.length,
      total_duration: 1,
      load_duration: 1,
    };
    const end = `${line({ content: text.slice(half) })}${line({ content: '' }, { done: true, done_reason: behaviour.doneReason ?? 'stop', ...counts })}`;
    await this.#write(response, begin, behaviour.chunk);
    if (behaviour.noise !== undefined) response.write(`${behaviour.noise}\n`);
    if (behaviour.errorMidStream !== undefined)
      response.write(`${JSON.stringify({ error: behaviour.errorMidStream })}\n`);
    if (behaviour.hang === true) return hangUp(response, this.#ending.signal);
    if (behaviour.flood !== undefined)
      return this.#flood(response, behaviour.flood, line({ content: 'x'.repeat(8000) }));
    if (behaviour.closeEarly === 'abruptly') return void response.destroy();
    if (behaviour.closeEarly === undefined && behaviour.errorMidStream === undefined)
      await this.#write(response, end, behaviour.chunk);
    response.end();
  }

  async #flood(response: ServerResponse, how: 'line' | 'lines', line: string): Promise<void> {
    while (!response.destroyed && !this.#ending.signal.aborted) {
      response.write(how === 'line' ? 'x'.repeat(65_536) : line);
      await tick(0, this.#ending.signal);
    }
  }

  async #write(response: ServerResponse, text: string, chunk: number | undefined): Promise<void> {
    const bytes = Buffer.from(text);
    const size = chunk ?? bytes.length;
    for (let at = 0; at < bytes.length; at += size) {
      response.write(bytes.subarray(at, at + size));
      await tick(0, this.#ending.signal);
    }
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Until the client has closed the connection, or the server ends. */
function hangUp(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed || signal.aborted) {
      resolve();
      return;
    }
    response.once('close', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function tick(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
