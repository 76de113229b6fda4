/**
 * A model endpoint on loopback with a script, in the three languages that agents beside Claude Code speak: OpenAI's responses and
 * chat completions, and Gemini's. It has the agent write `made.txt`, where a prompt has `#command` run a command that makes `ran.txt`, then
 * says that it is done. A prompt with `#refuse` is refused, one with `#help` has the agent ask for help with the tool that it was given for
 * that, one with `#wait-NAME` gets no answer until `go` is called with that name.
 */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface ManyModels {
  readonly url: string;
  /** How many requests wait, or waited in vain, for `go` with this name. */
  waiting(name: string): number;
  /** Answers those that wait for this name, and lets none wait for it from then on. */
  go(name: string): void;
  close(): Promise<void>;
}

type Json = Readonly<Record<string, unknown>>;

const done = 'Done by the script.';
let count = 0;

export async function startManyModels(): Promise<ManyModels> {
  const gate = new EventEmitter();
  gate.setMaxListeners(0);
  const open = new Set<string>();
  const wait = async (text: string): Promise<void> => {
    const name = /#wait-(\w+)/u.exec(text)?.[1];
    if (name !== undefined && !open.has(name)) await once(gate, name);
  };
  const server = createServer((request, response) => {
    answer(request, response, wait).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    waiting: (name) => gate.listenerCount(name),
    go: (name) => {
      open.add(name);
      gate.emit(name);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  wait: (text: string) => Promise<void>,
): Promise<void> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  await wait(text);
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (request.method !== 'POST') {
    json(response, 200, { object: 'list', data: [{ id: 'fake-model' }] });
    return;
  }
  if (text.includes('#refuse')) {
    json(response, 400, { error: { message: 'not today', code: 400, status: 'INVALID_ARGUMENT' } });
    return;
  }
  const body = JSON.parse(text === '' ? '{}' : text) as Json;
  if (path.endsWith('/responses')) {
    responses(response, body);
    return;
  }
  if (path.endsWith('/chat/completions')) {
    completions(response, body);
    return;
  }
  const method = /models\/[^:]+:(\w+)/u.exec(path)?.[1];
  if (method === undefined) {
    json(response, 404, { error: { message: 'not in the script' } });
    return;
  }
  gemini(response, body, method);
}

/** What a request asks for help with. */
const question = { goal: 'To do it.', question: 'Which of the two?' };

/** The tool of those that are offered that does what the conversation asks for, unless it was used already. */
function toolFor(
  names: readonly string[],
  used: boolean,
  conversation: unknown,
  folder = '',
): { name: string; args: Json } | undefined {
  if (used) return undefined;
  const asked = JSON.stringify(conversation ?? []);
  if (asked.includes('#help')) {
    const name = names.find((each) => each.endsWith('request_help'));
    return name === undefined ? undefined : { name, args: question };
  }
  const cmd = asked.includes('#command') ? 'echo ran > ran.txt' : 'echo hi > made.txt';
  if (names.includes('exec_command')) return { name: 'exec_command', args: { cmd } };
  if (names.includes('bash')) return { name: 'bash', args: { command: cmd, description: 'Write a file' } };
  if (names.includes('shell')) return { name: 'shell', args: { command: ['sh', '-c', cmd] } };
  if (asked.includes('#command') && names.includes('run_shell_command'))
    return { name: 'run_shell_command', args: { command: cmd, description: 'Write a file', is_background: false } };
  return names.includes('write_file')
    ? { name: 'write_file', args: { file_path: join(folder, 'made.txt'), content: 'hi\n' } }
    : undefined;
}

function responses(response: ServerResponse, body: Json): void {
  // Tools of MCP servers stand together, one namespace for each server.
  const spaces = new Map(
    list(body['tools']).flatMap((tool) =>
      list(tool['tools']).map(({ name }) => [String(name), { namespace: String(tool['name']) }] as const),
    ),
  );
  const names = [...list(body['tools']).map((tool) => String(tool['name'] ?? tool['type'])), ...spaces.keys()];
  const used = sinceAsked(list(body['input'])).some((item) => String(item['type']).endsWith('_output'));
  const tool = toolFor(names, used, body['input']);
  const id = `r_${++count}`;
  const item =
    tool === undefined
      ? { type: 'message', id: `m_${count}`, role: 'assistant', content: [{ type: 'output_text', text: done }] }
      : {
          type: 'function_call',
          id: `f_${count}`,
          call_id: `c_${count}`,
          name: tool.name,
          ...spaces.get(tool.name),
          arguments: JSON.stringify(tool.args),
        };
  const usage = { input_tokens: 1000, output_tokens: 50, total_tokens: 1050 };
  events(response, [
    { type: 'response.created', response: { id } },
    { type: 'response.output_item.added', output_index: 0, item },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: { id, status: 'completed', output: [item], usage } },
  ]);
}

function completions(response: ServerResponse, body: Json): void {
  const names = list(body['tools']).map((tool) => String((tool['function'] as Json | undefined)?.['name']));
  const messages = list(body['messages']);
  const used = sinceAsked(messages).some(({ role }) => role === 'tool');
  // Qwen Code takes absolute paths alone, and says in which folder it works.
  const folder = /\/[^\s"'`\\]*\/worktrees\/[^\s"'`\\.,]+/u.exec(JSON.stringify(messages))?.[0];
  const tool = toolFor(names, used, messages, folder);
  const base = { id: `c_${++count}`, object: 'chat.completion.chunk', created: 1, model: 'fake-model' };
  const delta =
    tool === undefined
      ? { role: 'assistant', content: done }
      : {
          role: 'assistant',
          content: 'Writing.',
          tool_calls: [
            {
              index: 0,
              id: `t_${count}`,
              type: 'function',
              function: { name: tool.name, arguments: JSON.stringify(tool.args) },
            },
          ],
        };
  const reason = tool === undefined ? 'stop' : 'tool_calls';
  const usage = { prompt_tokens: 1000, completion_tokens: 50, total_tokens: 1050 };
  if (body['stream'] !== true) {
    json(response, 200, {
      ...base,
      object: 'chat.completion',
      choices: [{ index: 0, message: delta, finish_reason: reason }],
      usage,
    });
    return;
  }
  events(response, [
    { ...base, choices: [{ index: 0, delta, finish_reason: null }] },
    { ...base, choices: [{ index: 0, delta: {}, finish_reason: reason }] },
    { ...base, choices: [], usage },
    '[DONE]',
  ]);
}

function gemini(response: ServerResponse, body: Json, method: string): void {
  if (method === 'countTokens') {
    json(response, 200, { totalTokens: 1000 });
    return;
  }
  const names = list(body['tools']).flatMap((tool) =>
    list(tool['functionDeclarations']).map(({ name }) => String(name)),
  );
  const used = JSON.stringify(body['contents'] ?? []).includes('functionResponse');
  const tool = toolFor(names, used, body['contents']);
  const said = names.length > 0 ? done : '{"reasoning":"x","next_speaker":"user"}';
  const parts = tool === undefined ? [{ text: said }] : [{ text: 'Writing.' }, { functionCall: tool }];
  const whole = {
    candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 50, totalTokenCount: 1050 },
  };
  if (method === 'streamGenerateContent') events(response, [whole]);
  else json(response, 200, whole);
}

/** What followed the last prompt that asks for something. */
function sinceAsked(messages: readonly Json[]): readonly Json[] {
  const asked = ({ role, content }: Json): boolean => role === 'user' && JSON.stringify(content).includes('please');
  return messages.slice(Math.max(0, messages.findLastIndex(asked)));
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : [];
}

function json(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function events(response: ServerResponse, all: readonly (Json | string)[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const each of all) {
    const name = typeof each === 'object' && typeof each['type'] === 'string' ? `event: ${each['type']}\n` : '';
    response.write(`${name}data: ${typeof each === 'string' ? each : JSON.stringify(each)}\n\n`);
  }
  response.end();
}
