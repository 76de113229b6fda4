/** Reads what an agent sends to the service of its model. */

type Json = Readonly<Record<string, unknown>>;

/** A request as far as the script cares, and as tests look it up. */
export interface SeenRequest {
  /** `main`: the agent's conversation; `aux`: a helper without tools (titles, summaries); `count`: tokens; `other`. */
  readonly kind: 'main' | 'aux' | 'count' | 'other';
  readonly method: string;
  readonly path: string;
  readonly model?: string;
  readonly stream: boolean;
  /** The conversation, where the agent names it. */
  readonly session?: string;
  /** The agent's working directory, where it names it. */
  readonly cwd?: string;
  readonly scenario: string;
  /** Which turn of the scenario was asked for, from 0. */
  readonly turn: number;
  readonly tools: readonly string[];
  readonly messages: readonly unknown[];
  readonly bytes: number;
  /** Whether a key or a token was sent, never which. */
  readonly authorised: boolean;
}

/** A request on its way in. */
export interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const marker = /#S:([\w-]+)/gu;
const directory = /[Ww]orking directory: (\S[^\n]*)/u;

/** What a request is about. A body that is no JSON is about nothing. */
export function seenRequest({ method, url, headers, body }: RawRequest): SeenRequest {
  const path = url.split('?')[0] ?? '';
  const json = parse(body);
  const tools = list(json['tools']).map((tool) => text(object(tool)['name']));
  const messages = list(json['messages']).map(object);
  const session = headers['x-claude-code-session-id'];
  const cwd = directory.exec([...list(json['system']), ...messages].flatMap(textsOf).join('\n'))?.[1];
  return {
    kind: kindOf(method, path, tools.length),
    method,
    path,
    ...(typeof json['model'] === 'string' ? { model: json['model'] } : {}),
    stream: json['stream'] === true,
    ...(typeof session === 'string' ? { session } : {}),
    ...(cwd === undefined ? {} : { cwd }),
    ...placeOf(messages),
    tools,
    messages,
    bytes: Buffer.byteLength(body),
    authorised: headers['x-api-key'] !== undefined || headers['authorization'] !== undefined,
  };
}

function kindOf(method: string, path: string, tools: number): SeenRequest['kind'] {
  if (method !== 'POST') return 'other';
  if (path === '/v1/messages/count_tokens') return 'count';
  if (path !== '/v1/messages') return 'other';
  return tools > 0 ? 'main' : 'aux';
}

/** The last marker in a person's words names the scenario; each answer since then was a turn of it. */
function placeOf(messages: readonly Json[]): { scenario: string; turn: number } {
  let place = { scenario: 'hello', at: -1 };
  for (const [at, message] of messages.entries()) {
    if (message['role'] !== 'user') continue;
    const name = [...textsOf(message).join('\n').matchAll(marker)].at(-1)?.[1];
    if (name !== undefined) place = { scenario: name, at };
  }
  const turn = messages.slice(place.at + 1).filter(({ role }) => role === 'assistant').length;
  return { scenario: place.scenario, turn };
}

/** The texts of a message or a block, tool results left out: they are not words of a person. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  const { type, text: words, content } = object(value);
  if (type === 'tool_result') return [];
  if (typeof words === 'string') return [words];
  return typeof content === 'string' ? [content] : list(content).flatMap(textsOf);
}

function parse(body: string): Json {
  try {
    return object(JSON.parse(body));
  } catch {
    return {};
  }
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
