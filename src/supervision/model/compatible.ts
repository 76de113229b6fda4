/** Servers that speak as OpenAI's (`/v1/chat/completions`) or Anthropic's (`/v1/messages`) do, behind the same interface. */
import * as z from 'zod';
import { broken, call, type Endpoint } from './http.ts';
import { failed, type Answer, type CallOptions, type ChatRequest, type Model, type Outcome } from './model.ts';

/** How such a server is spoken to. */
export interface CompatibleOptions {
  readonly endpoint: Endpoint;
  readonly model: string;
  readonly contextTokens: number;
}

const longestAnswer = 1024 * 1024;

/** What one event of a stream adds; `done` ends it. */
interface Piece {
  readonly text?: string;
  readonly promptTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly cutShort?: boolean;
  readonly error?: string | undefined;
  readonly done?: boolean;
}

/** A way to ask and to read: all that differs between the two. */
interface Dialect {
  readonly path: string;
  body(model: string, request: ChatRequest): unknown;
  piece(data: string): Piece | undefined;
}

class CompatibleModel implements Model {
  readonly #options: CompatibleOptions;
  readonly #dialect: Dialect;

  constructor(options: CompatibleOptions, dialect: Dialect) {
    this.#options = options;
    this.#dialect = dialect;
  }

  get name(): string {
    return this.#options.model;
  }

  get contextTokens(): number {
    return this.#options.contextTokens;
  }

  async chat(request: ChatRequest, options: CallOptions): Promise<Outcome<Answer>> {
    const { endpoint, model, contextTokens } = this.#options;
    const began = performance.now();
    let text = '';
    let facts: Pick<Piece, 'promptTokens' | 'outputTokens' | 'cutShort'> = {};
    return call<Answer>(endpoint, this.#dialect.path, this.#dialect.body(model, request), options, (line) => {
      if (!line.startsWith('data:')) return undefined;
      const piece = this.#dialect.piece(line.slice(5).trim());
      if (piece === undefined) return broken('an event of it has not the expected shape');
      if (piece.error !== undefined)
        return failed(
          'refused',
          `The model server says: ${piece.error.slice(0, 200)}.`,
          'See the log of the model server.',
        );
      const { text: more = '', done, ...rest } = piece;
      facts = { ...facts, ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) };
      text += more;
      if (text.length > longestAnswer) return broken('it has no end');
      if (more !== '') options.onText?.(more);
      if (done !== true) return undefined;
      return { ok: true, value: answerOf(text, facts, contextTokens, performance.now() - began) };
    });
  }
}

function answerOf(text: string, facts: Piece, contextTokens: number, ms: number): Answer {
  const { promptTokens, outputTokens } = facts;
  return {
    text,
    ...(promptTokens === undefined ? {} : { promptTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    cutShort: facts.cutShort === true,
    promptCut: promptTokens !== undefined && promptTokens >= contextTokens,
    ms,
  };
}

const openAiChunk = z.object({
  error: z.object({ message: z.string() }).optional(),
  choices: z
    .array(
      z.object({ delta: z.object({ content: z.string().nullish() }).optional(), finish_reason: z.string().nullish() }),
    )
    .optional(),
  usage: z.object({ prompt_tokens: z.number().optional(), completion_tokens: z.number().optional() }).nullish(),
});

const openAi: Dialect = {
  path: '/v1/chat/completions',
  body: (model, { messages, schema, maxTokens }) => ({
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    temperature: 0,
    max_tokens: maxTokens,
    ...(schema === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } }),
  }),
  piece(data) {
    if (data === '[DONE]') return { done: true };
    const chunk = parsed(data, openAiChunk);
    if (chunk === undefined) return undefined;
    const [choice] = chunk.choices ?? [];
    return {
      text: choice?.delta?.content ?? '',
      ...(choice?.finish_reason === 'length' ? { cutShort: true } : {}),
      promptTokens: chunk.usage?.prompt_tokens,
      outputTokens: chunk.usage?.completion_tokens,
      error: chunk.error?.message,
    };
  },
};

const anthropicUsage = z.object({ input_tokens: z.number().optional(), output_tokens: z.number().optional() });
const anthropicEvent = z.object({
  type: z.string(),
  error: z.object({ message: z.string() }).optional(),
  message: z.object({ usage: anthropicUsage.optional() }).optional(),
  usage: anthropicUsage.optional(),
  delta: z
    .object({ text: z.string().optional(), partial_json: z.string().optional(), stop_reason: z.string().nullish() })
    .optional(),
});

const anthropic: Dialect = {
  path: '/v1/messages',
  body: (model, { messages, schema, maxTokens }) => {
    const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
    // The schema comes as a tool: its input is the answer. Servers that cannot force a tool answer in text.
    const tool =
      schema === undefined
        ? {}
        : {
            tools: [{ name: 'answer', description: 'Gives the answer.', input_schema: schema }],
            tool_choice: { type: 'tool', name: 'answer' },
          };
    return {
      model,
      system: system.join('\n\n'),
      messages: messages.filter(({ role }) => role !== 'system'),
      max_tokens: maxTokens,
      temperature: 0,
      stream: true,
      ...tool,
    };
  },
  piece(data) {
    const event = parsed(data, anthropicEvent);
    if (event === undefined) return undefined;
    if (event.type === 'error') return { error: event.error?.message ?? 'an error' };
    const { delta } = event;
    return {
      text: delta?.text ?? delta?.partial_json ?? '',
      ...(delta?.stop_reason === 'max_tokens' ? { cutShort: true } : {}),
      ...tokensOf(event.message?.usage ?? event.usage ?? {}),
      ...(event.type === 'message_stop' ? { done: true } : {}),
    };
  },
};

/** The last event repeats the count of the question as 0. */
function tokensOf({
  input_tokens: input = 0,
  output_tokens: output,
}: z.infer<typeof anthropicUsage>): Pick<Piece, 'promptTokens' | 'outputTokens'> {
  return { promptTokens: input === 0 ? undefined : input, outputTokens: output };
}

function parsed<T>(data: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}

/** A model behind an interface like OpenAI's: llama.cpp, vLLM, LM Studio, and services. */
export function openAiModel(options: CompatibleOptions): Model {
  return new CompatibleModel(options, openAi);
}

/** A model behind an interface like Anthropic's. */
export function anthropicModel(options: CompatibleOptions): Model {
  return new CompatibleModel(options, anthropic);
}
