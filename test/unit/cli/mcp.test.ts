import assert from 'node:assert/strict';
import fc from 'fast-check';
import { answerMcp } from '../../../src/core/mcp.ts';
import { linesOf } from '../../../src/cli/commands/mcp/lines.ts';
import { CoppiceError, isCoppiceError } from '../../../src/core/errors.ts';
import { aSession, FakeEngine, reported, sessionId } from './fake-engine.ts';
import { coppice } from './fake-shell.ts';

interface Answer {
  readonly id: number | string | null;
  readonly error?: { readonly code: number; readonly message: string };
  readonly result?: {
    readonly tools?: readonly { readonly name: string; readonly inputSchema: { readonly type: string } }[];
    readonly isError?: boolean;
    readonly content?: readonly { readonly text: string }[];
    readonly structuredContent?: Readonly<Record<string, unknown>>;
  };
}

const request = (id: number, method: string, params: object = {}): object => ({ jsonrpc: '2.0', id, method, params });
const call = (id: number, name: string, given: object = {}): object =>
  request(id, 'tools/call', { name, arguments: given });

/** The answers by their ids: the order is that in which calls are done. */
async function serve(engine: FakeEngine, messages: readonly (object | string)[]): Promise<Map<unknown, Answer>> {
  const text = messages.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
  const { exit, stdout, stderr } = await coppice(engine, ['mcp'], { stdin: Buffer.from(`${text.join('\n')}\n`) });
  assert.deepEqual([exit, stderr], [0, '']);
  const answers = stdout.split('\n').filter((line) => line !== '');
  return new Map(answers.map((line) => JSON.parse(line) as Answer).map((answer) => [answer.id, answer]));
}

describe('coppice mcp', () => {
  it('has six tools, and starts no engine before one is used', async () => {
    const engine = new FakeEngine();
    const answers = await serve(engine, [
      request(1, 'initialize', { protocolVersion: '2025-06-18' }),
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      request(2, 'tools/list'),
    ]);
    assert.equal((answers.get(1)?.result as { protocolVersion?: string }).protocolVersion, '2025-06-18');
    const tools = answers.get(2)?.result?.tools ?? [];
    assert.deepEqual(
      tools.map(({ name }) => name),
      ['session_create', 'session_list', 'session_get', 'session_cancel', 'session_continue', 'session_logs'],
    );
    assert.ok(tools.every(({ inputSchema }) => inputSchema.type === 'object'));
    assert.deepEqual([answers.size, engine.launches], [2, []]);
  });

  it('creates, lists, shows, continues, cancels and reads a session', async () => {
    const events = Array.from({ length: 30 }, (_, at) => ({
      offset: at + 1,
      event: { kind: 'message', text: `${at}` },
    }));
    const engine = new FakeEngine({
      'session/create': ({ id }) => ({
        verdict: { status: 'started' },
        session: aSession(id === undefined ? {} : { id }),
      }),
      'session/list': () => ({ sessions: [aSession()] }),
      'session/show': () => reported(),
      'session/continue': () => ({ verdict: { status: 'started' }, session: aSession() }),
      'session/cancel': () => ({}),
      'session/logs': ({ from }) => ({ events: from === 0 ? events : [], next: 30, live: false }),
    });
    const answers = await serve(engine, [
      call(1, 'session_create', { prompt: 'Add a test', agent: 'demo' }),
      call(2, 'session_list'),
      call(3, 'session_get', { sessionId: '1f2e' }),
      call(4, 'session_continue', { sessionId: '1f2e', feedback: 'One more' }),
      call(5, 'session_cancel', { sessionId: '1f2e' }),
      call(6, 'session_logs', { sessionId: '1f2e', limit: 3 }),
    ]);
    const value = (id: number): Readonly<Record<string, unknown>> => {
      const { structuredContent, content, isError } = answers.get(id)?.result ?? {};
      assert.deepEqual([isError, JSON.parse(content?.[0]?.text ?? '')], [false, structuredContent]);
      return structuredContent ?? {};
    };
    assert.equal((value(1)['session'] as { status: string }).status, 'running');
    assert.equal(engine.paramsOf('session/create')[0]?.agent, 'demo');
    assert.equal((value(2)['sessions'] as unknown[]).length, 1);
    assert.equal((value(3)['session'] as { text: string }).text, 'Done.');
    assert.equal(value(4)['continued'], true);
    assert.equal(engine.paramsOf('session/continue')[0]?.prompt, 'One more');
    assert.deepEqual([value(5), engine.paramsOf('session/cancel')], [{ cancelled: true }, [{ session: sessionId }]]);
    assert.deepEqual(value(6)['entries'], events.slice(-3));
  });

  it('refuses what is wrong as an error of the protocol, and tells what the engine refuses with the next step', async () => {
    const engine = new FakeEngine({
      'session/show': () => {
        throw new CoppiceError('not-found', 'There is no session x.', 'List them.');
      },
      'session/create': () => {
        throw new CoppiceError('untrusted', 'The repository is not trusted.', 'Run `coppice trust`.');
      },
    });
    const answers = await serve(engine, [
      'not json',
      call(1, 'session_get', {}),
      call(2, 'session_create', { prompt: 'x', shell: 'rm' }),
      call(3, 'rm'),
      request(4, 'resources/list'),
      call(5, 'session_get', { sessionId: 'x' }),
      call(6, 'session_create', { prompt: 'x' }),
    ]);
    const codes = [null, 1, 2, 3, 4].map((id) => answers.get(id)?.error?.code);
    assert.deepEqual(codes, [-32700, -32602, -32602, -32602, -32601]);
    assert.match(answers.get(1)?.error?.message ?? '', /sessionId/u);
    const said = (id: number): unknown => [
      answers.get(id)?.result?.isError,
      answers.get(id)?.result?.content?.[0]?.text,
    ];
    assert.deepEqual(said(5), [true, 'There is no session x. List them. (not-found)']);
    assert.deepEqual(said(6), [true, 'The repository is not trusted. Run `coppice trust`. (untrusted)']);
  });

  it('answers any JSON with JSON-RPC or nothing', async () => {
    const server = { title: 't', version: '1', tools: [], call: async () => ({ text: '' }) };
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('id', 'method', 'params', 'jsonrpc'), fc.jsonValue()),
        async (message) => {
          const answer = await answerMcp(message, server);
          assert.ok(answer === undefined || answer['jsonrpc'] === '2.0');
        },
      ),
    );
  });

  it('ends at a message without an end', async () => {
    async function* endless(): AsyncGenerator<string> {
      for (;;) yield 'x'.repeat(1024 * 1024);
    }
    await assert.rejects(
      async () => {
        for await (const line of linesOf(endless())) assert.fail(line.slice(0, 10));
      },
      (error) => isCoppiceError(error, 'bad-usage'),
    );
  });
});
