import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentEvent } from '../../src/core/agent/events.ts';
import { startScriptedModel, type ScriptedModel } from '../support/scripted-model/index.ts';
import { ClaudeRun, claudeProgram, type RunOptions } from './claude-run.ts';
import { claudeVersion } from './install.mjs';

describe('the real Claude Code', () => {
  let model: ScriptedModel;
  let folder: string;
  const runs: ClaudeRun[] = [];

  before(async () => {
    model = await startScriptedModel();
  });
  after(() => model.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'claude-'));
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
    };
    execFileSync('git', ['init', '-q', join(folder, 'repository')], { env });
  });
  afterEach(async () => {
    for (const run of runs.splice(0)) {
      run.kill('SIGKILL');
      await run.exit();
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  async function start(options: Partial<RunOptions> = {}): Promise<ClaudeRun> {
    const run = await ClaudeRun.start({ folder, url: model.url, maxRetries: 0, ...options });
    runs.push(run);
    return run;
  }
  const file = (name: string): string | undefined => {
    const path = join(folder, 'repository', name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  const kinds = (run: ClaudeRun): readonly AgentEvent['kind'][] => run.events.map(({ kind }) => kind);
  /** What the model was sent in a conversation, as text. */
  const told = (run: ClaudeRun): string =>
    JSON.stringify(
      model.requests.filter(({ session, kind }) => kind === 'main' && session === run.agentSession).at(-1)?.messages,
    );

  it('has the version that is pinned', async () => {
    const run = await start();
    const { detection } = run.agent;
    const stdout = execFileSync(await claudeProgram(), [...detection.args], { encoding: 'utf8' });
    assert.deepEqual(detection.parse(stdout, '', 0), { version: claudeVersion });
    run.close();
    assert.equal((await run.exit()).code, 0);
  });

  it('writes a file in its working directory', async () => {
    const run = await start();
    const end = await run.turn('#S:write please');
    assert.deepEqual([end.outcome, end.reason, end.text, end.denials], ['success', 'completed', 'Done.', 0]);
    assert.equal(file('written.txt'), 'written\n');
    assert.deepEqual([end.usage.inputTokens, end.usage.outputTokens], [2200, 70]);
    assert.ok((end.usage.costUsd ?? 0) > 0);
    assert.equal((await run.done()).code, 0);
    const [seen, identified] = run.events;
    assert.deepEqual(seen, { kind: 'prompt-seen', input: `${run.session}:1` });
    assert.ok(identified?.kind === 'identified' && identified.agentSession === run.agentSession);
    assert.equal(identified.version, claudeVersion);
  });

  it('asks before it runs a command: allowed, rewritten, refused, refused with the end of the turn', async () => {
    const run = await start();
    run.prompt('#S:bash');
    const first = await run.asked();
    assert.deepEqual([first.kind, first.tool], ['permission', 'Bash']);
    assert.ok(first.title.includes('echo ran') && file('from-bash.txt') === undefined);
    run.answer(first, { choice: 'allow' });
    assert.equal((await run.next('answer-seen')).request, first.id);
    assert.equal((await run.ended()).outcome, 'success');
    assert.equal(file('from-bash.txt'), 'ran\n');

    run.prompt('#S:bash again');
    run.answer(await run.asked(), {
      choice: 'allow',
      input: { command: "sh -c 'echo changed > from-bash.txt'", description: 'x' },
    });
    assert.equal((await run.ended()).outcome, 'success');
    assert.equal(file('from-bash.txt'), 'changed\n');

    run.prompt('#S:bash once more');
    run.answer(await run.asked(), { choice: 'deny', reason: 'the supervisor says no' });
    const tool = await run.next('tool-ended');
    assert.deepEqual([tool.ok, tool.denied, tool.output], [false, true, 'the supervisor says no']);
    const refused = await run.ended();
    assert.deepEqual([refused.outcome, refused.denials, refused.text], ['success', 1, 'Bash finished.']);

    run.prompt('#S:bash for the last time');
    run.answer(await run.asked(), { choice: 'abort' });
    const aborted = await run.ended();
    assert.deepEqual([aborted.outcome, aborted.denials], ['interrupted', 1]);
    assert.equal(file('from-bash.txt'), 'changed\n');
    await run.done();
  });

  it('asks before an edit, too, in a mode that wants it, and keeps out of other folders', async () => {
    const run = await start({ permissionMode: 'manual' });
    run.prompt('#S:two');
    for (let tool = 0; tool < 2; tool += 1) run.answer(await run.asked(), { choice: tool === 0 ? 'allow' : 'deny' });
    assert.deepEqual([(await run.ended()).denials, file('one.txt'), file('two.txt')], [1, '1\n', undefined]);
    run.prompt('#S:outside');
    const request = await run.asked();
    assert.ok(request.detail.includes('outside.txt'));
    run.answer(request, { choice: 'deny' });
    assert.equal((await run.ended()).outcome, 'success');
    assert.ok(!existsSync(join(folder, 'outside.txt')));
    await run.done();
  });

  it('asks a question, presents a plan, and takes the answers', async () => {
    const run = await start({ permissionMode: 'plan' });
    run.prompt('#S:question');
    const question = await run.asked();
    assert.equal(question.kind, 'question');
    assert.deepEqual(
      question.questions?.[0]?.options.map(({ label }) => label),
      ['A', 'B'],
    );
    run.answer(question, { choice: 'answer', answers: { 'Which one?': 'B' } });
    assert.ok((await run.next('tool-ended')).output.includes('"B"'));
    assert.equal((await run.ended()).outcome, 'success');

    run.prompt('#S:plan');
    const plan = await run.asked();
    assert.deepEqual([plan.kind, plan.detail], ['plan', '1. do it']);
    run.answer(plan, { choice: 'deny', reason: 'think again' });
    assert.deepEqual([(await run.next('tool-ended')).output, (await run.ended()).denials], ['think again', 1]);

    run.prompt('#S:plan better');
    run.answer(await run.asked(), { choice: 'allow' });
    assert.equal((await run.next('tool-ended')).ok, true);
    assert.deepEqual([(await run.ended()).outcome, (await run.done()).code], ['success', 0]);
  });

  it('is interrupted: in mid-stream, in a tool, while it asks; and takes the next prompt', async () => {
    const run = await start();
    run.prompt('#S:slow');
    await run.next('prompt-seen');
    await until(() =>
      model.requests.some(({ session, scenario }) => session === run.agentSession && scenario === 'slow'),
    );
    // Mostly in the middle of twelve seconds of answer; what comes of it is the same at any moment of them.
    await delay(500);
    run.interrupt();
    assert.equal((await run.next('interrupt-seen')).input, 'i1');
    const streaming = await run.ended();
    assert.deepEqual([streaming.outcome, streaming.reason], ['interrupted', 'aborted_streaming']);

    run.prompt('#S:hang');
    run.answer(await run.asked(), { choice: 'allow' });
    await run.next('answer-seen');
    await until(() => run.runs('tail -f /dev/null'));
    run.interrupt();
    const working = await run.ended();
    assert.deepEqual([working.outcome, working.denials], ['interrupted', 0]);

    run.prompt('#S:bash');
    const request = await run.asked();
    run.interrupt();
    assert.equal((await run.next('ask-withdrawn')).request, request.id);
    assert.equal((await run.ended()).outcome, 'interrupted');
    // An answer that comes too late changes nothing.
    run.answer(request, { choice: 'allow' });
    assert.equal((await run.turn('#S:hello')).text, 'Hello, I am scripted.');
    assert.equal(file('from-bash.txt'), undefined);
    await run.done();
  });

  it('is steered: the turn under way ends, the other prompt has its own', async () => {
    const run = await start();
    run.prompt('#S:loop');
    await run.next('tool-ended');
    run.prompt('#S:hello instead', true);
    assert.equal((await run.ended()).outcome, 'interrupted');
    assert.equal((await run.next('prompt-seen')).input, `${run.session}:2`);
    const end = await run.ended();
    assert.deepEqual([end.outcome, end.text], ['success', 'Hello, I am scripted.']);
    assert.ok(file('step-0.txt') !== undefined && file('step-40.txt') === undefined);
    await run.done();
  });

  it('is killed and taken up again, knows what was said, and does not count old costs', async () => {
    const first = await start();
    const before = await first.turn('#S:hello the first words');
    first.prompt('#S:bash');
    await first.asked();
    first.kill('SIGKILL');
    const exit = await first.exit();
    assert.equal(exit.signal, 'SIGKILL');
    const died = first.events.at(-1);
    assert.ok(died?.kind === 'turn-ended' && died.outcome === 'crashed' && died.reason === 'SIGKILL');

    const second = await start({ resume: first.agentSession, session: first.session });
    second.prompt('#S:again go on', false, 3);
    const after = await second.ended();
    assert.deepEqual([after.outcome, after.text], ['success', 'Second answer after resume.']);
    assert.deepEqual(after.usage, before.usage);
    const identified = second.events.find((event) => event.kind === 'identified');
    assert.equal(identified?.agentSession, first.agentSession);
    assert.ok(told(second).includes('the first words'));
    assert.equal(file('from-bash.txt'), undefined);
    await second.done();
  });

  it('goes on from an earlier point in a conversation of its own, and leaves the other one as it is', async () => {
    const first = await start();
    const { position = '' } = await first.turn('#S:hello the first words');
    await first.turn('#S:hello the second words');
    await first.done();

    const second = await start({ resume: first.agentSession, resumeAt: position, session: first.session });
    assert.equal((await second.turn('#S:again other words')).outcome, 'success');
    const identified = second.events.find((event) => event.kind === 'identified');
    assert.equal(identified?.agentSession, second.agentSession);
    assert.notEqual(second.agentSession, first.agentSession);
    assert.ok(told(second).includes('the first words') && told(second).includes('other words'));
    assert.ok(!told(second).includes('the second words'));
    await second.done();

    const third = await start({ resume: first.agentSession, session: first.session });
    third.prompt('#S:again at last', false, 4);
    assert.equal((await third.ended()).outcome, 'success');
    assert.ok(told(third).includes('the second words') && !told(third).includes('other words'));
    await third.done();
  });

  it('runs no prompt twice, neither in the same process nor in the next', async () => {
    const first = await start();
    await first.turn('#S:hello only once');
    first.prompt('#S:hello only once', false, 1);
    const end = await first.turn('#S:again');
    assert.equal(end.text, 'Second answer after resume.');
    await first.done();
    assert.equal(kinds(first).filter((kind) => kind === 'turn-ended').length, 2);

    const second = await start({ resume: first.agentSession, session: first.session });
    second.prompt('#S:hello only once', false, 1);
    second.prompt('#S:again', false, 9);
    assert.equal((await second.ended()).text, 'Second answer after resume.');
    await second.done();
    assert.equal(kinds(second).filter((kind) => kind === 'turn-ended').length, 1);
  });

  it('gets any prompt as it is', async () => {
    const run = await start();
    for (const text of [
      '-rf / --help',
      '"quotes" \'and\' $(id) `id` \\ %s',
      'lines\nof\u2028text\u2029here',
      '<tag> & {"json":1}',
    ]) {
      assert.equal((await run.turn(`${text} #S:hello`)).outcome, 'success', text);
      assert.ok(told(run).includes(JSON.stringify(text).slice(1, -1)), text);
    }
    await run.done();
  });

  it('says how the service of its model refused, and works on when it has recovered', async () => {
    const run = await start();
    for (const [scenario, outcome, reason, status] of [
      ['e400', 'failed', 'prompt_too_long', 400],
      ['e401', 'failed', 'authentication_failed', 401],
      ['e403', 'failed', 'authentication_failed', 403],
      ['e404', 'failed', 'model_not_found', 404],
      ['e429', 'rate-limited', 'rate_limit', 429],
      ['e500', 'failed', 'api_error', 500],
      ['e529', 'rate-limited', 'overloaded', 529],
      ['max-tokens', 'failed', 'max_output_tokens', undefined],
      ['refusal', 'failed', 'refusal', undefined],
    ] as const) {
      const end = await run.turn(`#S:${scenario}`);
      assert.deepEqual([end.outcome, end.reason, end.status], [outcome, reason, status], scenario);
      assert.ok((end.text ?? '').length > 5, scenario);
    }
    assert.equal((await run.turn('#S:hello')).outcome, 'success');
    await run.done();
  });

  it('repeats a refused request as often as it may, and says when to come back', async () => {
    const run = await start({ maxRetries: 1 });
    assert.equal((await run.turn('#S:e529-then-ok')).text, 'recovered after errors');
    const retry = run.events.find((event) => event.kind === 'retrying');
    assert.deepEqual([retry?.attempt, retry?.max, retry?.status], [1, 1, 529]);
    const end = await run.turn('#S:e429');
    assert.deepEqual([end.outcome, (end.retryAfterS ?? 0) >= 1], ['rate-limited', true]);
    await run.done();
  });

  it('fails when nobody is there', async () => {
    const run = await start({ url: 'http://127.0.0.1:9' });
    const end = await run.turn('#S:hello');
    assert.deepEqual([end.outcome, end.reason], ['failed', 'connection_failed']);
    await run.done();
  });

  it('stops at its limits', async () => {
    const turns = await start({ args: ['--max-turns', '2'] });
    const first = await turns.turn('#S:loop');
    assert.deepEqual([first.outcome, first.reason], ['limit', 'max_turns']);
    await turns.done();
    const budget = await start({ args: ['--max-budget-usd', '0.3'] });
    const second = await budget.turn('#S:loop');
    assert.deepEqual([second.outcome, second.reason], ['limit', 'budget_exhausted']);
    assert.ok((second.usage.costUsd ?? 0) >= 0.3);
    await budget.done();
  });

  it('works in the background, and then begins a turn by itself, in which it may ask', async () => {
    const run = await start({ args: ['--allowedTools', 'Bash(sleep:*)', 'Bash(echo:*)'] });
    const first = await run.turn('#S:background');
    assert.deepEqual([first.outcome, first.text, first.followUp], ['success', 'Started it.', undefined]);
    const counts = (): readonly number[] =>
      run.events.flatMap((event) => (event.kind === 'background' ? [event.tasks] : []));
    assert.deepEqual(counts(), [1]);
    const request = await run.asked();
    assert.ok(!counts().includes(0), 'it is not over while it may still ask');
    run.answer(request, { choice: 'allow' });
    const second = await run.ended();
    assert.deepEqual([second.outcome, second.text, second.followUp], ['success', 'It has ended.', true]);
    await run.done();
    assert.equal(file('later.txt'), 'later\n');
    assert.equal(counts().at(-1), 0);
  });

  it('delegates to a subagent', async () => {
    const run = await start();
    const first = await run.turn('#S:task');
    assert.equal(first.outcome, 'success');
    const second = await run.ended();
    assert.deepEqual([second.outcome, second.followUp], ['success', true]);
    assert.equal(file('sub.txt'), 'sub\n');
    assert.ok(run.events.some((event) => event.kind === 'message' && event.subagent === true));
    await run.done();
    const tokens = run.events.flatMap((event) => (event.kind === 'turn-ended' ? [event.usage.inputTokens] : []));
    const asked = model.requests.filter(({ kind, session }) => kind === 'main' && session === run.agentSession).length;
    assert.equal(
      tokens.reduce((sum, each) => sum + each, 0),
      120 * asked,
    );
  });

  for (const [what, options, words] of [
    ['an unknown option', { args: ['--nonsense'] }, /unknown option/],
    ['a permission mode that is none', { permissionMode: 'nope' }, /permission-mode/],
  ] as const) {
    it(`says why it does not start: ${what}`, async () => {
      const run = await start(options);
      const end = await run.turn('#S:hello');
      assert.deepEqual([end.outcome, end.reason], ['failed', 'exit code 1']);
      assert.match(end.text ?? '', words);
    });
  }

  it('says that a conversation is in use, or unknown', async () => {
    const first = await start();
    await first.turn('#S:hello');
    await first.done();
    const second = await start({ agentSession: first.agentSession });
    const taken = await second.turn('#S:hello');
    assert.deepEqual([taken.outcome, taken.reason], ['failed', 'exit code 1']);
    assert.match(taken.text ?? '', /already in use/);
    const third = await start({ resume: 'ffffffff-0000-4000-8000-00000000dead' });
    const unknown = await third.turn('#S:hello');
    assert.deepEqual([unknown.outcome, unknown.reason], ['failed', 'unknown conversation']);
  });

  it('ends when it is asked to, and is not a success then', async () => {
    const run = await start();
    run.prompt('#S:hang');
    run.answer(await run.asked(), { choice: 'allow' });
    await run.next('answer-seen');
    await until(() => run.runs('tail -f /dev/null'));
    run.kill('SIGTERM');
    const exit = await run.exit();
    assert.ok(exit.code === 143 || exit.signal === 'SIGTERM');
    const end = run.events.at(-1);
    assert.ok(end?.kind === 'turn-ended' && end.outcome !== 'success');
  });

  it('does not survive garbage on its input, and says so', async () => {
    const run = await start();
    run.prompt('#S:slow');
    await run.next('prompt-seen');
    run.write('this is no JSON\n');
    const end = await run.ended();
    assert.deepEqual([end.outcome, end.reason], ['crashed', 'exit code 1']);
    assert.match(end.text ?? '', /parsing/);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    assert.ok(waited < 60_000, 'it did not come to it');
    await delay(20);
  }
}
