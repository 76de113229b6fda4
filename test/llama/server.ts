/** A real llama.cpp behind the part of Ollama's interface that the supervisor speaks. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { llamaFolder } from './install.mjs';

/** What is used of node-llama-cpp, which is installed outside of the clone. */
interface Llama {
  loadModel(options: { modelPath: string; vocabOnly?: boolean }): Promise<{
    tokenize(text: string, special: boolean): readonly number[];
    dispose(): Promise<void>;
    createContext(options: { contextSize: number }): Promise<{ getSequence(): unknown; dispose(): Promise<void> }>;
  }>;
  createGrammarForJsonSchema(schema: unknown): Promise<unknown>;
  dispose(): Promise<void>;
}
interface Session {
  prompt(text: string, options: Readonly<Record<string, unknown>>): Promise<string>;
}
interface Library {
  getLlama(options: Readonly<Record<string, unknown>>): Promise<Llama>;
  readonly LlamaChatSession: new (options: { contextSequence: unknown }) => Session;
}

const contextSize = 8192;
const name = 'random:latest';

async function libraryOf(): Promise<Library> {
  const entry = join(llamaFolder(), 'node_modules', 'node-llama-cpp', 'dist', 'index.js');
  return (await import(pathToFileURL(entry).href)) as Library;
}

const lonely = { gpu: false, build: 'never', logLevel: 'error' } as const;

/** How many tokens the texts have for the model at `modelPath`, of which only the vocabulary is read. */
export async function tokensOf(modelPath: string, texts: readonly string[]): Promise<readonly number[]> {
  const llama = await (await libraryOf()).getLlama(lonely);
  try {
    const model = await llama.loadModel({ modelPath, vocabOnly: true });
    return texts.map((each) => model.tokenize(each, false).length);
  } finally {
    await llama.dispose();
  }
}

/** Answers over loopback until it is stopped. */
export class LlamaServer {
  /** What it said, each with the schema that it was held to. */
  readonly said: string[] = [];
  readonly #library: Library;
  readonly #llama: Llama;
  readonly #modelPath: string;
  readonly #server: Server;
  #seed = 1;

  private constructor(library: Library, llama: Llama, modelPath: string) {
    this.#library = library;
    this.#llama = llama;
    this.#modelPath = modelPath;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(modelPath: string): Promise<LlamaServer> {
    const library = await libraryOf();
    const llama = await library.getLlama(lonely);
    const server = new LlamaServer(library, llama, modelPath);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get base(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#llama.dispose();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>;
    const answers: Readonly<Record<string, unknown>> = {
      '/api/tags': { models: [{ name, model: name, size: 1, details: { family: 'llama' } }] },
      '/api/show': { capabilities: ['completion'], model_info: { 'llama.context_length': contextSize } },
    };
    const known = answers[request.url ?? ''];
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    if (known === undefined) await this.#chat(response, body);
    else response.write(JSON.stringify(known));
    response.end();
  }

  async #chat(response: ServerResponse, body: Readonly<Record<string, unknown>>): Promise<void> {
    const messages = body['messages'] as readonly { readonly role: string; readonly content: string }[];
    const grammar = await this.#llama.createGrammarForJsonSchema(shortTexts(body['format']));
    const model = await this.#llama.loadModel({ modelPath: this.#modelPath });
    const context = await model.createContext({ contextSize });
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const session = new this.#library.LlamaChatSession({ contextSequence: context.getSequence() });
      const line = (content: string, more: object): string =>
        `${JSON.stringify({ model: name, message: { role: 'assistant', content }, ...more })}\n`;
      const text = await session.prompt(messages.map(({ role, content }) => `${role}: ${content}`).join('\n'), {
        grammar,
        ...{ maxTokens: 200, temperature: 1, seed: (this.#seed += 1), signal: gone.signal },
        onTextChunk: (content: string) => response.write(line(content, { done: false })),
      });
      this.said.push(text);
      response.write(line('', { done: true, done_reason: 'stop' }));
    } finally {
      await context.dispose();
    }
  }
}

/** A grammar that counts to thousands takes minutes for each answer. */
function shortTexts(schema: unknown): unknown {
  const short = (key: string, value: unknown): unknown => (key === 'maxLength' ? 30 : value);
  return JSON.parse(JSON.stringify(schema, short));
}
