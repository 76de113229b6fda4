import assert from 'node:assert/strict';
import * as z from 'zod';
import { chooseModel } from '../../../../src/supervision/model/choice.ts';
import { anthropicModel, openAiModel } from '../../../../src/supervision/model/compatible.ts';
import { InLine } from '../../../../src/supervision/model/line.ts';
import type { FailureKind, Outcome } from '../../../../src/supervision/model/model.ts';
import {
  installedModels,
  OllamaModel,
  pullModel,
  type PullProgress,
} from '../../../../src/supervision/model/ollama.ts';
import { ask } from '../../../../src/supervision/model/structured.ts';
import { CompatibleDouble } from '../../../support/ollama/compatible.ts';
import { until } from '../../../support/engine/waiting.ts';
import { OllamaDouble, type Behaviour } from '../../../support/ollama/index.ts';

const question = { messages: [{ role: 'user' as const, content: 'Is it done?' }], maxTokens: 200 };
const verdict = z.strictObject({ verdict: z.enum(['done', 'not-done']), session: z.literal('s1') });
const good = '{"verdict":"done","session":"s1"}';
/** Longest that an answer which comes may take on a busy machine. */
const limit = { timeoutMs: 30_000 };

function value<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.failure.sentence);
}

function kind(outcome: Outcome<unknown>): FailureKind | 'ok' {
  return outcome.ok ? 'ok' : outcome.failure.kind;
}

describe('a model of an Ollama server', function () {
  this.timeout(60_000);
  let server: OllamaDouble;
  let model: OllamaModel;
  before(async () => {
    server = await OllamaDouble.start();
    model = new OllamaModel({
      endpoint: { base: server.base, headers: {} },
      model: 'qwen3-coder:30b',
      contextTokens: 8192,
      keepAlive: '30m',
    });
  });
  beforeEach(() => server.reset());
  after(async () => server.stop());

  const judged = (...behaviours: readonly Behaviour[]) => {
    server.next.push(...behaviours);
    return ask(model, { ...question, schema: verdict }, limit);
  };

  it('streams its answer, and is sent the same context, seed and life each time', async () => {
    server.next.push({ text: 'grün und 日本', chunk: 1 }, {});
    let heard = '';
    const answer = value(await model.chat(question, { ...limit, onText: (text) => (heard += text) }));
    assert.deepEqual([answer.text, heard, answer.promptTokens], ['grün und 日本', 'grün und 日本', 40]);
    await model.chat({ ...question, schema: { type: 'object' } }, limit);
    const options = { num_ctx: 8192, num_predict: 200, temperature: 0, seed: 1 };
    assert.deepEqual(
      server.asked.map(({ body }) => body['options']),
      [options, options],
    );
    assert.deepEqual(
      server.asked.map(({ body }) => [body['keep_alive'], body['format']]),
      [
        ['30m', undefined],
        ['30m', { type: 'object' }],
      ],
    );
    assert.ok(server.asked.every(({ body }) => !('think' in body)));
  });

  it('gives an answer of the shape that was asked for, and asks once more with what was wrong', async () => {
    assert.deepEqual(value(await judged({ text: good })).value, { verdict: 'done', session: 's1' });
    assert.equal(value(await judged({ text: good, thinking: 'hm', chunk: 3 })).tries, 1);
    server.reset();
    const second = value(await judged({ text: 'I think it is done.' }, { text: good }));
    assert.deepEqual([second.tries, second.value.verdict], [2, 'done']);
    const messages = server.asked[1]?.body['messages'] as { role: string; content: string }[];
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['user', 'assistant', 'user'],
    );
    assert.match(messages[2]?.content ?? '', /cannot be used: it is not JSON/u);
    assert.equal(value(await judged({ text: `\`\`\`json\n${good}\n\`\`\`` })).tries, 1);
  });

  const bad: Readonly<Record<string, string>> = {
    'no JSON': 'done',
    'JSON in prose': `The agent says ${good}`,
    'two values': `${good}\n${good}`,
    'another shape': '{"verdict":"yes","session":"s1"}',
    'more than asked': '{"verdict":"done","session":"s1","approve":true}',
    'a verdict for another session': '{"verdict":"done","session":"s2"}',
    nothing: '',
    'half of it': '{"verdict":"do',
  };
  for (const [what, text] of Object.entries(bad)) {
    it(`is not believed when it answers twice with ${what}`, async () => {
      const outcome = await judged({ text }, { text });
      assert.equal(kind(outcome), 'invalid');
      assert.equal(server.asked.length, 2);
    });
  }

  const faults: readonly (readonly [string, Behaviour, FailureKind])[] = [
    ['an error in the middle', { errorMidStream: 'an error was encountered while running the model' }, 'refused'],
    ['a connection that ends in the middle', { closeEarly: 'abruptly' }, 'unreachable'],
    ['a body that ends too soon', { closeEarly: 'quietly' }, 'broken'],
    ['a line that is no JSON', { noise: 'level=info msg="loading"' }, 'broken'],
    ['a line without end', { flood: 'line' }, 'broken'],
    ['an answer without end', { flood: 'lines' }, 'broken'],
    ['500', { status: 500, error: 'llama runner process has terminated' }, 'refused'],
    ['401', { status: 401, error: 'unauthorized' }, 'refused'],
    ['a prompt that it cut', { text: good, promptTokens: 8192 }, 'prompt-cut'],
  ];
  for (const [what, behaviour, wanted] of faults) {
    it(`fails in a sentence with ${what}`, async () => {
      const outcome = await judged(behaviour);
      assert.equal(kind(outcome), wanted);
      assert.ok(!outcome.ok && /^[A-Z].*\.$/su.test(outcome.failure.sentence) && outcome.failure.next !== '');
    });
  }

  it('is told from one that is gone, and from a server that is', async () => {
    server.models = [];
    const outcome = await judged({});
    assert.ok(!outcome.ok && outcome.failure.kind === 'no-model' && outcome.failure.sentence.includes('not found'));
    const gone = new OllamaModel({
      endpoint: { base: 'http://127.0.0.1:1', headers: {} },
      model: 'x',
      contextTokens: 1,
      keepAlive: '1m',
    });
    assert.equal(kind(await gone.chat(question, limit)), 'unreachable');
  });

  /** Asks something that is cut off at its limit after the server has heard of it: with more time where the machine is slow. */
  async function cutOff(of: OllamaModel): Promise<void> {
    for (let timeoutMs = 150; ; timeoutMs *= 4) {
      const heard = server.asked.length;
      assert.equal(kind(await of.chat(question, { timeoutMs })), 'timed-out');
      if (server.asked.length > heard) return;
    }
  }

  it('has a limit for all of it, and ends the call at it', async () => {
    server.always = () => ({ hang: true });
    await cutOff(model);
    server.loadMs = 120_000;
    await cutOff(
      new OllamaModel({
        endpoint: { base: server.base, headers: {} },
        model: 'qwen3-coder:30b',
        contextTokens: 99,
        keepAlive: '1m',
      }),
    );
    await eventually(() => server.cancelled === server.asked.length, 'the end of all calls that were heard');
  });

  it('can be cancelled one call at a time', async () => {
    const abort = new AbortController();
    server.next.push({ hang: true });
    const first = model.chat(question, { ...limit, signal: abort.signal });
    await eventually(() => server.asked.length === 1, 'the first call');
    server.next.push({ text: 'b', delayMs: 100 });
    const second = model.chat(question, limit);
    await eventually(() => server.asked.length === 2, 'the second call');
    abort.abort();
    assert.equal(kind(await first), 'cancelled');
    assert.equal(value(await second).text, 'b');
    assert.equal(kind(await model.chat(question, { ...limit, signal: abort.signal })), 'cancelled');
  });

  it('is asked again while the server is busy, until the time is up', async () => {
    server.next.push({ status: 503, error: 'server busy' }, { text: 'a' });
    assert.equal(value(await model.chat(question, limit)).text, 'a');
    server.places = 0;
    assert.equal(kind(await model.chat(question, { timeoutMs: 300 })), 'timed-out');
  });

  it('is asked one thing at a time in a line, and leaves the line in time', async () => {
    const line = new InLine(model);
    server.places = 1;
    server.next.push({ text: '1', delayMs: 60 }, { text: '2', delayMs: 60 }, { text: '3' });
    const all = await Promise.all([1, 2, 3].map(() => line.chat(question, limit)));
    assert.deepEqual(
      all.map((each) => value(each).text),
      ['1', '2', '3'],
    );
    server.always = () => ({ hang: true });
    const hanging = line.chat(question, { timeoutMs: 400 });
    const abort = new AbortController();
    const cancelled = line.chat(question, { ...limit, signal: abort.signal });
    abort.abort();
    const late = line.chat(question, { timeoutMs: 50 });
    assert.deepEqual(
      [kind(await late), kind(await cancelled), kind(await hanging)],
      ['timed-out', 'cancelled', 'timed-out'],
    );
    server.always = undefined;
    assert.equal(value(await line.chat(question, limit)).text, '{"ok":true}');
  });

  it('lists what is installed, with what it can do', async () => {
    server.models = [{ name: 'a:1b', capabilities: ['completion'], contextLength: 4096, size: 5 }, { name: 'b' }];
    assert.deepEqual(value(await installedModels({ base: server.base, headers: {} }, limit)), [
      { name: 'a:1b', sizeBytes: 5, family: '', capabilities: ['completion'], contextTokens: 4096 },
      { name: 'b', sizeBytes: 1, family: '' },
    ]);
  });

  it('is pulled with progress over all layers, which never goes back', async () => {
    server.pull = [
      { status: 'pulling manifest' },
      { status: 'pulling a', digest: 'a', total: 100, completed: 60 },
      { status: 'pulling b', digest: 'b', total: 50 },
      { status: 'pulling a', digest: 'a', total: 100, completed: 20 },
      { status: 'pulling b', digest: 'b', total: 50, completed: 50 },
      { status: 'pulling a', digest: 'a', total: 100, completed: 100 },
      { status: 'verifying sha256 digest' },
      { status: 'success' },
    ];
    const seen: PullProgress[] = [];
    assert.equal(
      kind(await pullModel({ base: server.base, headers: {} }, 'x', limit, (each) => seen.push(each))),
      'ok',
    );
    assert.deepEqual(
      seen.map(({ completed, total }) => `${completed}/${total}`),
      ['0/0', '60/100', '60/150', '60/150', '110/150', '150/150', '150/150'],
    );
    server.pull = [{ status: 'pulling manifest' }, { error: 'pull model manifest: file does not exist' }];
    assert.equal(kind(await pullModel({ base: server.base, headers: {} }, 'x', limit, () => undefined)), 'refused');
    server.pull = [{ status: 'pulling manifest' }];
    assert.equal(kind(await pullModel({ base: server.base, headers: {} }, 'x', limit, () => undefined)), 'broken');
  });

  it('is told of for as long as it takes, where an answer may not be that long', async () => {
    // As many bytes of lines as some hours of them have.
    const line = { status: 'pulling a', digest: 'a', total: 100, completed: 1, note: 'x'.repeat(3_000_000) };
    server.pull = [...Array.from({ length: 23 }, () => line), { status: 'success' }];
    let told = 0;
    assert.equal(kind(await pullModel({ base: server.base, headers: {} }, 'x', limit, () => (told += 1))), 'ok');
    assert.equal(told, 23);
  });
});

describe('the choice of a model', () => {
  const of = (name: string, more: object = {}) => ({ name, family: '', sizeBytes: 1, ...more });
  const wish = { contextTokens: 16_384 };

  it('takes Qwen first, the largest that fits', () => {
    const installed = [
      of('llama3.1:70b', { sizeBytes: 99 }),
      of('qwen2.5-coder:7b'),
      of('qwen3-coder:30b', { sizeBytes: 19 }),
      of('qwen3-coder:480b', { sizeBytes: 290 }),
    ];
    assert.equal(chooseModel(installed, wish).model?.name, 'qwen3-coder:480b');
    assert.equal(chooseModel(installed, { ...wish, maxBytes: 20 }).model?.name, 'qwen3-coder:30b');
    assert.equal(chooseModel([of('llama3.1:8b'), of('hf.co/x/Qwen3-8B')], wish).model?.name, 'hf.co/x/Qwen3-8B');
  });

  it('passes over what cannot chat or reads too little, and says so', () => {
    const { model, passedOver } = chooseModel(
      [of('qwen3-embedding', { capabilities: ['embedding'] }), of('qwen3:1b', { contextTokens: 2048 }), of('mistral')],
      wish,
    );
    assert.equal(model?.name, 'mistral');
    assert.deepEqual(
      passedOver.map(({ why }) => why),
      ['cannot chat', 'reads 2048 tokens, and 16384 are needed'],
    );
  });

  it('takes the one that is wished for, or none', () => {
    assert.equal(chooseModel([of('a:latest'), of('qwen3')], { ...wish, name: 'a' }).model?.name, 'a:latest');
    assert.deepEqual(chooseModel([of('qwen3')], { ...wish, name: 'b' }), {
      sentence: 'The model b is not installed.',
      passedOver: [],
    });
    assert.equal(chooseModel([], wish).sentence, 'No model is installed.');
    assert.equal(chooseModel([of('x', { contextTokens: 1 })], wish).model, undefined);
  });
});

describe('models behind other interfaces', () => {
  let server: CompatibleDouble;
  before(async () => (server = await CompatibleDouble.start()));
  after(async () => server.stop());
  const event = (data: object | string): string =>
    `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

  it('speak as OpenAI does', async () => {
    const model = openAiModel({
      endpoint: { base: server.base, headers: { authorization: 'Bearer k' } },
      model: 'm',
      contextTokens: 100,
    });
    server.next = {
      events: [
        event({ choices: [{ delta: { role: 'assistant' } }] }),
        event({ choices: [{ delta: { content: good.slice(0, 9) } }] }),
        event({ choices: [{ delta: { content: good.slice(9) }, finish_reason: 'stop' }] }),
        event({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 9 } }),
        event('[DONE]'),
      ],
    };
    const { value: said, answer } = value(await ask(model, { ...question, schema: verdict }, limit));
    assert.deepEqual([said.verdict, answer.promptTokens, answer.outputTokens], ['done', 7, 9]);
    const { headers, body, path } = server.asked.at(-1) ?? { headers: {}, body: {}, path: '' };
    assert.deepEqual([path, headers['authorization']], ['/v1/chat/completions', 'Bearer k']);
    assert.equal((body['response_format'] as { type: string }).type, 'json_schema');
    server.next = {
      events: [event({ choices: [{ delta: { content: '{' }, finish_reason: 'length' }] }), event('[DONE]')],
    };
    assert.equal(value(await model.chat(question, limit)).cutShort, true);
    server.next = { events: [event({ error: { message: 'overloaded' } })] };
    assert.equal(kind(await model.chat(question, limit)), 'refused');
    server.next = { events: [event({ choices: [{ delta: { content: 'a' } }] })] };
    assert.equal(kind(await model.chat(question, limit)), 'broken');
    server.next = { events: [event('nonsense')] };
    assert.equal(kind(await model.chat(question, limit)), 'broken');
  });

  it('speak as Anthropic does', async () => {
    const model = anthropicModel({
      endpoint: { base: server.base, headers: { 'x-api-key': 'k' } },
      model: 'm',
      contextTokens: 100,
    });
    const start = event({ type: 'message_start', message: { usage: { input_tokens: 12, output_tokens: 1 } } });
    const stop = event({
      type: 'message_delta',
      delta: { stop_reason: 'tool_use' },
      usage: { input_tokens: 0, output_tokens: 8 },
    });
    const end = event({ type: 'message_stop' });
    const part = (text: string) =>
      event({ type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: text } });
    server.next = {
      events: ['event: ping\n', event({ type: 'ping' }), start, part(good.slice(0, 5)), part(good.slice(5)), stop, end],
    };
    const messages = [{ role: 'system' as const, content: 'You judge.' }, ...question.messages];
    const { value: said, answer } = value(await ask(model, { ...question, messages, schema: verdict }, limit));
    assert.deepEqual([said.verdict, answer.promptTokens, answer.outputTokens], ['done', 12, 8]);
    const body = server.asked.at(-1)?.body ?? {};
    assert.deepEqual(
      [body['system'], (body['messages'] as object[]).length, (body['tool_choice'] as { name: string }).name],
      ['You judge.', 1, 'answer'],
    );
    server.next = {
      events: [
        start,
        event({ type: 'content_block_delta', delta: { text: 'hi' } }),
        event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
      ],
    };
    assert.equal(kind(await model.chat(question, limit)), 'refused');
    server.next = { status: 529, events: ['{"error":{"message":"Overloaded"}}'] };
    const outcome = await model.chat(question, limit);
    assert.ok(!outcome.ok && outcome.failure.sentence.includes('529: Overloaded'));
  });

  it('show no key in any sentence', async () => {
    const model = openAiModel({
      endpoint: { base: server.base, headers: { authorization: 'Bearer very-secret' } },
      model: 'm',
      contextTokens: 100,
    });
    for (const status of [400, 401, 404, 500]) {
      server.next = { status, events: ['{"error":{"message":"no"}}'] };
      assert.ok(!JSON.stringify(await model.chat(question, limit)).includes('very-secret'));
    }
  });
});

async function eventually(check: () => boolean, what: string): Promise<void> {
  await until(
    () => (check() ? true : undefined),
    () => what,
    30_000,
  );
}
