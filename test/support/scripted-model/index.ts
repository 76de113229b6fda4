/**
 * A model on a loopback port that says what its script says: the service that the real agents talk to in tests. `#S:<name>`
 * in a prompt picks a scenario (`scenario.ts`), so any number of agents may use one server at once.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { seenRequest, type SeenRequest } from './request.ts';
import { defaultScenarios, type Scenario, type Turn } from './scenario.ts';
import { errorBody, message, stream } from './wire.ts';

export type { SeenRequest } from './request.ts';
export type { Refusal, Scenario, Turn } from './scenario.ts';

export interface ScriptedModelOptions {
  /** What `{cwd}` stands for when an agent does not say where it works. */
  readonly cwd?: string;
  /** Beside, or in place of, the ones that are there. */
  readonly scenarios?: Readonly<Record<string, Scenario>>;
}

export interface ScriptedModel {
  /** For `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  /** Everything that was asked, in order. */
  readonly requests: readonly SeenRequest[];
  setScenario(name: string, scenario: Scenario): void;
  /** Ends all connections, also those in mid-answer. */
  close(): Promise<void>;
}

/** Starts a scripted model. */
export async function startScriptedModel(options: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const script = new Script(options);
  const server = createServer((request, response) => {
    script.answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the scripted model has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: script.requests,
    setScenario: (name, scenario) => script.scenarios.set(name, scenario),
    close: () => {
      script.stop();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

class Script {
  readonly requests: SeenRequest[] = [];
  readonly scenarios: Map<string, Scenario>;
  readonly #cwd: string | undefined;
  readonly #refused = new Map<string, number>();
  readonly #stopping = new AbortController();
  #ids = 0;

  constructor({ cwd, scenarios }: ScriptedModelOptions) {
    this.#cwd = cwd;
    this.scenarios = new Map(Object.entries({ ...defaultScenarios, ...scenarios }));
  }

  stop(): void {
    this.#stopping.abort();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const { method = '', url = '', headers } = request;
    const seen = seenRequest({ method, url, headers, body });
    this.requests.push(seen);
    switch (seen.kind) {
      case 'main':
        await this.#main(seen, response);
        break;
      case 'aux':
        await this.#say({ text: 'ok' }, seen, response);
        break;
      case 'count':
        json(response, 200, { input_tokens: Math.ceil(seen.bytes / 4) });
        break;
      case 'other':
        // Old versions look first whether anybody is there.
        if (seen.method === 'HEAD') response.writeHead(200).end();
        else json(response, 404, errorBody('not_found_error', `nothing is at ${seen.path}`));
    }
  }

  async #main(seen: SeenRequest, response: ServerResponse): Promise<void> {
    const turns = this.scenarios.get(seen.scenario) ?? [];
    const turn = turns[Math.min(seen.turn, turns.length - 1)] ?? { text: `There is no scenario ${seen.scenario}.` };
    const { refuse } = turn;
    if (refuse === undefined || this.#refusals(seen) >= (refuse.times ?? Infinity)) {
      await this.#say(turn, seen, response);
      return;
    }
    this.#refused.set(placeOf(seen), this.#refusals(seen) + 1);
    json(response, refuse.status, errorBody(refuse.type, refuse.message), refuse.headers);
  }

  #refusals(seen: SeenRequest): number {
    return this.#refused.get(placeOf(seen)) ?? 0;
  }

  async #say(turn: Turn, seen: SeenRequest, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal]);
    const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal });
    if (turn.delayMs !== undefined) await pause(turn.delayMs);
    const newId = (prefix: string): string => `${prefix}_scripted_${(this.#ids += 1)}`;
    const cwd = seen.cwd ?? this.#cwd ?? '.';
    const model = seen.model ?? 'scripted';
    if (seen.stream) await stream(response, turn, model, cwd, newId, pause);
    else json(response, 200, message(turn, model, cwd, newId));
  }
}

function placeOf({ session, scenario, turn }: SeenRequest): string {
  return `${session ?? ''}/${scenario}/${turn}`;
}

function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
