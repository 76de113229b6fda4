/** Ollama's own interface: chat in NDJSON, the models that are installed, and pulling another one. */
import * as z from 'zod';
import { broken, call, type Endpoint } from './http.ts';
import type { Installed } from './choice.ts';
import { failed, type Answer, type CallOptions, type ChatRequest, type Model, type Outcome } from './model.ts';

/** How an Ollama server is spoken to. */
export interface OllamaOptions {
  readonly endpoint: Endpoint;
  readonly model: string;
  /** Sent with every call, always the same: another value makes the server load the model anew. */
  readonly contextTokens: number;
  /** How long the model stays in memory after a call, e.g. `30m`. */
  readonly keepAlive: string;
}

const longestAnswer = 1024 * 1024;

const chunkSchema = z.object({
  error: z.string().optional(),
  done: z.boolean().optional(),
  done_reason: z.string().optional(),
  message: z.object({ content: z.string().optional() }).optional(),
  prompt_eval_count: z.number().optional(),
  eval_count: z.number().optional(),
});

/** A model of an Ollama server. */
export class OllamaModel implements Model {
  readonly #options: OllamaOptions;

  constructor(options: OllamaOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.model;
  }

  get contextTokens(): number {
    return this.#options.contextTokens;
  }

  async chat(request: ChatRequest, options: CallOptions): Promise<Outcome<Answer>> {
    const { endpoint, model, contextTokens, keepAlive } = this.#options;
    const began = performance.now();
    let text = '';
    const body = {
      model,
      messages: request.messages,
      stream: true,
      keep_alive: keepAlive,
      ...(request.schema === undefined ? {} : { format: request.schema }),
      options: { num_ctx: contextTokens, num_predict: request.maxTokens, temperature: 0, seed: 1 },
    };
    return call<Answer>(endpoint, '/api/chat', body, options, (line) => {
      const chunk = chunkOf(line);
      if (chunk === undefined) return broken('a line of it is no JSON of the expected shape');
      if (chunk.error !== undefined)
        return failed(
          'refused',
          `The model server says: ${chunk.error.slice(0, 200)}.`,
          'See the log of the model server.',
        );
      const more = chunk.message?.content ?? '';
      text += more;
      if (text.length > longestAnswer) return broken('it has no end');
      if (more !== '') options.onText?.(more);
      if (chunk.done !== true) return undefined;
      return { ok: true, value: answerOf(text, chunk, contextTokens, performance.now() - began) };
    });
  }
}

type Chunk = z.infer<typeof chunkSchema>;

function chunkOf(line: string): Chunk | undefined {
  try {
    return chunkSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function answerOf(text: string, chunk: Chunk, contextTokens: number, ms: number): Answer {
  const { prompt_eval_count: promptTokens, eval_count: outputTokens } = chunk;
  return {
    text,
    ...(promptTokens === undefined ? {} : { promptTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    cutShort: chunk.done_reason === 'length',
    // A prompt that is too long is cut without a word; only the count tells.
    promptCut: promptTokens !== undefined && promptTokens >= contextTokens,
    ms,
  };
}

const tagsSchema = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      size: z.number().optional(),
      details: z.object({ family: z.string().optional(), parameter_size: z.string().optional() }).optional(),
    }),
  ),
});
const showSchema = z.object({
  capabilities: z.array(z.string()).optional(),
  model_info: z.record(z.string(), z.unknown()).optional(),
});

/** The models that are installed, with what they can do. One that cannot be described is left out. */
export async function installedModels(
  endpoint: Endpoint,
  options: CallOptions,
): Promise<Outcome<readonly Installed[]>> {
  const tags = await whole(endpoint, '/api/tags', undefined, options, tagsSchema);
  if (!tags.ok) return tags;
  const models: Installed[] = [];
  for (const { name, size, details } of tags.value.models) {
    const shown = await whole(endpoint, '/api/show', { model: name }, options, showSchema);
    if (!shown.ok && shown.failure.kind !== 'no-model') return shown;
    if (!shown.ok) continue;
    const contextTokens = contextOf(shown.value.model_info ?? {});
    models.push({
      name,
      sizeBytes: size ?? 0,
      family: details?.family ?? '',
      ...(details?.parameter_size === undefined ? {} : { parameters: details.parameter_size }),
      ...(shown.value.capabilities === undefined ? {} : { capabilities: shown.value.capabilities }),
      ...(contextTokens === undefined ? {} : { contextTokens }),
    });
  }
  return { ok: true, value: models };
}

/** `<architecture>.context_length` of a model's facts. */
function contextOf(info: Readonly<Record<string, unknown>>): number | undefined {
  const [, value] = Object.entries(info).find(([key]) => key.endsWith('.context_length')) ?? [];
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
}

/** How far a pull is. Bytes; `total` grows while the server finds more to fetch. */
export interface PullProgress {
  readonly status: string;
  readonly completed: number;
  readonly total: number;
}

const pullSchema = z.object({
  error: z.string().optional(),
  status: z.string().optional(),
  digest: z.string().optional(),
  total: z.number().optional(),
  completed: z.number().optional(),
});

/** Has the server fetch a model. Layers that are there already count as fetched; the sum never goes back. */
export async function pullModel(
  endpoint: Endpoint,
  model: string,
  options: CallOptions,
  onProgress: (progress: PullProgress) => void,
): Promise<Outcome<undefined>> {
  const layers = new Map<string, { completed: number; total: number }>();
  // A day of lines that say how far it is: no number of them is too many.
  const limits = { ...options, longestBody: Infinity };
  return call<undefined>(endpoint, '/api/pull', { model, stream: true }, limits, (line) => {
    const parsed = parse(line, pullSchema);
    if (parsed === undefined) return broken('a line of it is no JSON of the expected shape');
    if (parsed.error !== undefined)
      return failed(
        'refused',
        `The model cannot be fetched: ${parsed.error.slice(0, 200)}.`,
        'Check the name of the model, the network and the free space.',
      );
    if (parsed.status === 'success') return { ok: true, value: undefined };
    if (parsed.digest !== undefined) {
      const before = layers.get(parsed.digest) ?? { completed: 0, total: 0 };
      layers.set(parsed.digest, {
        completed: Math.max(before.completed, parsed.completed ?? 0),
        total: Math.max(before.total, parsed.total ?? 0),
      });
    }
    const all = [...layers.values()];
    const sum = (of: 'completed' | 'total'): number => all.reduce((total, each) => total + each[of], 0);
    onProgress({ status: parsed.status ?? '', completed: sum('completed'), total: sum('total') });
    return undefined;
  });
}

function parse<T>(line: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** A call whose whole body is one JSON value. */
export async function whole<T>(
  endpoint: Endpoint,
  path: string,
  body: unknown,
  options: CallOptions,
  schema: z.ZodType<T>,
): Promise<Outcome<T>> {
  let text = '';
  const outcome = await call<T>(endpoint, path, body, options, (line) => {
    text += line;
    const value = parse(text, schema);
    return value === undefined ? undefined : { ok: true, value };
  });
  return outcome;
}
