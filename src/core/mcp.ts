/** The Model Context Protocol (JSON-RPC), as far as a server needs it that has tools and nothing else. Pure but for the tools. */

type Fields = Readonly<Record<string, unknown>>;

/** Versions of the protocol that are the same as far as such a server goes. */
const versions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

/** A tool as a client is told of it. */
export interface McpTool {
  readonly name: string;
  readonly description: string;
  /** A JSON schema of an object. */
  readonly inputSchema: object;
  /** Hints on what it does, e.g. `readOnlyHint`. */
  readonly annotations?: object;
}

/**
 * What became of a call. `wrong`: what was given is not what the tool takes, which is an error of the protocol and not of the tool.
 * `value` is what `text` says, for programs.
 */
export type McpOutcome =
  { readonly wrong: string } | { readonly text: string; readonly isError?: boolean; readonly value?: Fields };

/** A server, and how it carries out a call of one of its tools. */
export interface McpServer {
  readonly title: string;
  readonly version: string;
  readonly tools: readonly McpTool[];
  readonly call: (tool: string, given: Fields) => Promise<McpOutcome>;
}

/** The answer to a message (undefined: to something that is no JSON object); undefined when none is due. */
export async function answerMcp(message: Fields | undefined, server: McpServer): Promise<Fields | undefined> {
  if (message === undefined) return refused(null, -32700, 'This is no JSON object.');
  const { id, method } = message;
  if (typeof id !== 'string' && typeof id !== 'number') return undefined;
  const params = objectOf(message['params']);
  const done = (result: Fields): Fields => ({ jsonrpc: '2.0', id, result });
  switch (method) {
    case 'initialize':
      return done({
        protocolVersion: versions.find((each) => each === params['protocolVersion']) ?? versions[0],
        capabilities: { tools: {} },
        serverInfo: { name: 'coppice', title: server.title, version: server.version },
      });
    case 'ping':
      return done({});
    case 'tools/list':
      return done({ tools: server.tools });
    case 'tools/call':
      return called(id, params, server);
    default:
      // What answers a request of ours has no method; there are none.
      return typeof method === 'string' && method !== '' ? refused(id, -32601, 'There is no such method.') : undefined;
  }
}

async function called(id: string | number, params: Fields, { tools, call }: McpServer): Promise<Fields> {
  const tool = tools.find(({ name }) => name === params['name']);
  if (tool === undefined) return refused(id, -32602, 'There is no such tool.');
  const outcome = await call(tool.name, objectOf(params['arguments']));
  if ('wrong' in outcome) return refused(id, -32602, outcome.wrong);
  const { text, isError = false, value } = outcome;
  const content = [{ type: 'text', text }];
  return { jsonrpc: '2.0', id, result: { content, isError, ...(value !== undefined && { structuredContent: value }) } };
}

function objectOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function refused(id: string | number | null, code: number, message: string): Fields {
  return { jsonrpc: '2.0', id, error: { code, message } };
}
