/**
 * An ACP agent that does what its prompt says, well or badly. It writes its lines by hand, so that it can also write what no
 * library would. `--no-load`: it takes no conversation up again. `--version N`: the version of ACP that it speaks.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const folder = process.env['ACP_STATE'] ?? process.cwd();
const noLoad = process.argv.includes('--no-load');
const speaks = process.argv.includes('--speaks-9') ? 9 : 1;
/** @typedef {{ id?: number, method?: string, params?: any, result?: any, error?: any }} Message */
/** @type {Map<number, (message: Message) => void>} */
const waiting = new Map();
let asked = 0;
let session = '';
/** @type {readonly { command: string, args: readonly string[] }[]} */
let servers = [];
/** @type {(() => void) | undefined} */
let cancel;

const raw = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);
const send = (/** @type {object} */ message) => raw(JSON.stringify({ jsonrpc: '2.0', ...message }));
const update = (/** @type {object} */ fields) =>
  send({ method: 'session/update', params: { sessionId: session, update: fields } });
const say = (/** @type {string} */ text) =>
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
const memory = () => join(folder, `${session}.txt`);

/** @param {string} method @param {object} params @returns {Promise<Message>} */
function request(method, params) {
  asked += 1;
  const id = asked;
  send({ id, method, params });
  return new Promise((resolve) => waiting.set(id, resolve));
}

/** @param {string} file @param {readonly unknown[]} options */
async function write(file, options) {
  const call = { toolCallId: `call-${file}`, title: `Write ${file}`, kind: 'edit', locations: [{ path: file }] };
  update({ sessionUpdate: 'tool_call', ...call, status: 'pending', rawInput: { file_path: file } });
  const { result } = await request('session/request_permission', { sessionId: session, toolCall: call, options });
  const chosen = result?.outcome?.optionId;
  const ok = chosen === 'yes';
  if (ok) writeFileSync(file, 'made\n');
  update({
    sessionUpdate: 'tool_call_update',
    toolCallId: call.toolCallId,
    status: ok ? 'completed' : 'failed',
    content: [{ type: 'content', content: { type: 'text', text: ok ? 'written' : 'refused' } }],
  });
  say(`${file}: ${result?.outcome?.outcome} ${chosen ?? ''}`);
}

/** @param {number} code @param {string} message @param {unknown} [data] */
const refusal = (code, message, data) => Object.assign(new Error(message), { code, data });

const options = [
  { optionId: 'yes-always', name: 'Always', kind: 'allow_always' },
  { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
  { optionId: 'no', name: 'No', kind: 'reject_once' },
];

/** @type {Record<string, (words: readonly string[]) => Promise<string | undefined> | string | undefined>} */
const verbs = {
  async write([file = 'made.txt']) {
    await write(file, options);
    return undefined;
  },
  async 'no-choice'() {
    await write('never.txt', [{ optionId: 'sure', kind: 'invented' }, 'nonsense']);
    return undefined;
  },
  recall() {
    say(`I know: ${existsSync(memory()) ? readFileSync(memory(), 'utf8').trim() : 'nothing'}`);
    return undefined;
  },
  wait() {
    say('waiting');
    return new Promise((resolve) => (cancel = () => resolve('cancelled')));
  },
  'wait-deaf'() {
    say('waiting');
    return new Promise(() => undefined);
  },
  nonsense() {
    raw('Loading model… 50 %');
    raw('[1,2,3]');
    raw('{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":7,"update":"no map"}}');
    raw('{"jsonrpc":"2.0","method":"of/tomorrow","params":{}}');
    for (const odd of [
      { sessionUpdate: 'of_tomorrow', content: 1 },
      { sessionUpdate: 'tool_call' },
      { sessionUpdate: 'tool_call', toolCallId: 'odd', title: 3, kind: [], status: 'in_progress' },
      { sessionUpdate: 'agent_message_chunk', content: { type: 'image', data: 'x' } },
      { sessionUpdate: 'plan', entries: 'none' },
      { sessionUpdate: 'usage_update', used: 1200, size: 200_000 },
    ])
      update(odd);
    say('Still ');
    say('here.');
    return undefined;
  },
  async 'read-a-file'() {
    const { error } = await request('fs/read_text_file', { sessionId: session, path: '/etc/passwd' });
    say(`refused with ${error?.code}`);
    return undefined;
  },
  /** Asks for help with the first tool server that it was told of, and says what that answers. */
  async help(words) {
    const [server] = servers;
    if (server === undefined) return void say('nobody to ask');
    const child = spawn(server.command, [...server.args], { stdio: ['pipe', 'pipe', 'inherit'] });
    const call = { name: 'request_help', arguments: { question: words.join(' ') } };
    child.stdin.end(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call })}\n`);
    let text = '';
    for await (const chunk of child.stdout) text += String(chunk);
    say(text === '' ? 'no answer' : JSON.parse(text).result.content[0].text);
    return undefined;
  },
  die() {
    process.stderr.write('out of luck\n');
    process.exit(3);
  },
  fail() {
    throw refusal(-32603, 'Internal error', { details: 'the model said no' });
  },
  'stop-for-nothing': () => 'of_tomorrow',
};

/** @param {Message} message @returns {Promise<unknown>} */
async function answer({ method, params }) {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: speaks,
        agentCapabilities: { loadSession: !noLoad },
        agentInfo: { name: 'scripted', version: '1.2.3' },
      };
    case 'session/new':
      servers = params.mcpServers;
      session = `acp-${process.pid}-${Date.now()}`;
      return { sessionId: session };
    case 'session/load': {
      session = params.sessionId;
      if (!existsSync(memory())) throw refusal(-32002, 'Resource not found', session);
      // The history comes again; none of it happens now.
      say('an old answer');
      return {};
    }
    case 'session/prompt': {
      const text = params.prompt[0].text;
      const [verb = '', ...words] = text.split('\n')[0].split(' ');
      const does = verbs[verb];
      if (does === undefined) say(`What is ${verb}?`);
      const reason = await does?.(words);
      appendFileSync(memory(), `${verb} `);
      return { stopReason: reason ?? 'end_turn' };
    }
    default:
      throw refusal(-32601, `Method not found: ${method}`);
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  /** @type {Message} */
  const message = JSON.parse(line);
  if (message.method === 'session/cancel') cancel?.();
  else if (message.method === undefined) waiting.get(message.id ?? -1)?.(message);
  else
    answer(message).then(
      (result) => send({ id: message.id, result }),
      (/** @type {unknown} */ error) => {
        const { code = -32603, message: text, data } = /** @type {ReturnType<typeof refusal>} */ (error);
        send({ id: message.id, error: { code, message: text, data } });
      },
    );
});
