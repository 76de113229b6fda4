import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startScriptedModel, type ScriptedModel } from '../support/scripted-model/index.ts';
import { EnginePlace, until } from './engine-place.ts';

describe('a session of the real Claude Code', () => {
  let model: ScriptedModel;
  let place: EnginePlace;

  before(async () => {
    model = await startScriptedModel();
    place = await EnginePlace.make(model.url);
  });
  after(async () => {
    await place.remove();
    await model.close();
  });

  it('writes a file: the branch has exactly that, and main is as it was', async () => {
    const ended = await place.ended(await place.run('#S:write please'));
    assert.equal(ended.status, 'reported');
    assert.deepEqual(place.changes(ended), { 'written.txt': 'written\n' });
    assert.deepEqual([ended.usage.inputTokens, ended.usage.outputTokens], [2200, 70]);
    assert.equal(ended.text, 'Done.');
    assert.match(place.git('log', '-1', '--format=%B', ended.branch ?? ''), new RegExp(`Coppice-Session: ${ended.id}`));
    assert.equal(place.git('log', '--format=%s', 'main').trim(), 'first');
    assert.equal(place.git('status', '--porcelain'), '');
  });

  it('runs a command when it is allowed, another one when it was rewritten, none when it is denied', async () => {
    const ids = await Promise.all([1, 2, 3].map((n) => place.run(`#S:bash number ${n}`)));
    const [allowed = '', rewritten = '', denied = ''] = ids;
    for (const id of ids) assert.equal((await place.needs(id)).needs[0]?.tool, 'Bash');
    const answer = (session: string, given: Parameters<typeof place.engine.request<'session/answer'>>[1]['answer']) =>
      place.engine.request('session/answer', { session, answer: given });
    await answer(allowed, { choice: 'allow' });
    await answer(rewritten, {
      choice: 'allow',
      input: { command: 'echo other > other.txt', description: 'rewritten' },
    });
    await answer(denied, { choice: 'deny', reason: 'not that way' });
    await assert.rejects(answer(allowed, { choice: 'deny' }), /answered already|no such answer/);
    assert.deepEqual(place.changes(await place.ended(allowed)), { 'from-bash.txt': 'ran\n' });
    assert.deepEqual(place.changes(await place.ended(rewritten)), { 'other.txt': 'other\n' });
    const refused = await place.ended(denied);
    assert.deepEqual([refused.status, refused.lastTurn?.denials], ['reported', 1]);
    assert.deepEqual(place.changes(refused), {});
    assert.ok(model.requests.some(({ messages }) => JSON.stringify(messages).includes('not that way')));
  });

  it('asks a question and gets the answer', async () => {
    const id = await place.run('#S:question');
    const { needs } = await place.needs(id);
    assert.equal(needs[0]?.kind, 'question');
    assert.equal(needs[0].questions?.[0]?.question, 'Which one?');
    await place.engine.request('session/answer', {
      session: id,
      answer: { choice: 'answer', answers: { 'Which one?': 'B' } },
    });
    assert.equal((await place.ended(id)).text, 'After the question.');
    assert.ok(model.requests.some(({ messages }) => JSON.stringify(messages).includes('\\"Which one?\\"=\\"B\\"')));
  });

  it('asks for help with its tool, of which nobody is asked first, and gets the answer as its next prompt', async () => {
    const id = await place.run('#S:help');
    const { needs } = await place.needs(id);
    assert.deepEqual([needs[0]?.kind, needs[0]?.title], ['decision', 'Help: Which one?']);
    assert.match(needs[0]?.detail ?? '', /Which one\?\n\nError:\nno key/u);
    await place.engine.request('session/answer', {
      session: id,
      answer: { choice: 'deny', reason: '#S:again the blue' },
    });
    assert.equal((await place.ended(id)).text, 'Second answer after resume.');
    assert.ok(model.requests.some(({ messages }) => JSON.stringify(messages).includes('the blue')));
  });

  it('works on a model of Ollama that its one setting names, and asks nobody else', async () => {
    const ollama = await startScriptedModel();
    try {
      const before = model.requests.length;
      const id = await place.run('#S:write please', {
        COPPICE_AGENTS_CLAUDE_CODE_MODEL: 'ollama:coder:30b',
        COPPICE_SUPERVISION_ENDPOINT: ollama.url,
      });
      const ended = await place.ended(id);
      assert.deepEqual([ended.status, place.changes(ended)], ['reported', { 'written.txt': 'written\n' }]);
      const asked = ollama.requests.filter(({ kind }) => kind !== 'other');
      assert.deepEqual([...new Set(asked.map((each) => each.model))], ['coder:30b']);
      assert.equal(model.requests.length, before);
    } finally {
      await ollama.close();
    }
  });

  it('is interrupted, and goes on in the same conversation', async () => {
    const id = await place.run('#S:slow');
    await place.when(id, ({ turns, status }) => status === 'running' && turns === 1, 'its turn has begun');
    await place.engine.request('session/interrupt', { session: id });
    const interrupted = await place.ended(id);
    assert.equal(interrupted.status, 'interrupted');
    await place.continue(id, '#S:again');
    const ended = await place.ended(id);
    assert.deepEqual(
      [ended.status, ended.text, ended.agentSession],
      ['reported', 'Second answer after resume.', interrupted.agentSession],
    );
  });

  it('is steered: the turn under way ends, the other prompt has its own', async () => {
    const id = await place.run('#S:loop');
    await place.when(id, ({ activity }) => (activity?.messages ?? 0) > 1, 'it works');
    await place.continue(id, '#S:hello', true);
    const ended = await place.ended(id);
    assert.deepEqual([ended.status, ended.text], ['reported', 'Hello, I am scripted.']);
    assert.ok(!Object.keys(place.changes(ended)).includes('step-49.txt'), 'the loop did not run to its end');
  });

  it('is killed: the session has failed, its work is kept, and it is taken up again without old costs', async () => {
    const id = await place.run('#S:hang');
    const { needs } = await place.needs(id);
    assert.equal(needs.length, 1);
    await place.engine.request('session/answer', { session: id, answer: { choice: 'allow' } });
    // Its own record of the conversation is whole by then.
    await until(async () => agentsOf(id, 'tail')[0], 'it hangs in its command');
    const agent = await until(async () => agentsOf(id)[0], 'its process is there');
    process.kill(agent, 'SIGKILL');
    const failed = await place.ended(id);
    assert.deepEqual([failed.status, failed.lastTurn?.outcome], ['failed', 'crashed']);
    assert.deepEqual(
      [...agentsOf(id), ...agentsOf(id, 'tail')],
      [],
      'nothing of it is left, its shell command neither',
    );
    await place.continue(id, '#S:again');
    const ended = await place.ended(id);
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    const cost = ended.usage.costUsd ?? 0;
    await place.continue(id, '#S:again once more');
    const later = await place.ended(id);
    assert.ok(
      (later.usage.costUsd ?? 0) < cost * 2.5,
      `${later.usage.costUsd} after ${cost}: old costs were counted again`,
    );
  });

  for (const [scenario, outcome] of [
    ['e400', 'failed'],
    ['e401', 'failed'],
    ['e404', 'failed'],
    ['e429', 'rate-limited'],
    ['e529', 'rate-limited'],
  ] as const) {
    it(`fails with ${scenario} of its model's service, and says so`, async () => {
      const ended = await place.ended(await place.run(`#S:${scenario}`));
      assert.equal(ended.status, 'failed');
      assert.equal(ended.lastTurn?.outcome, outcome);
      assert.ok(ended.error !== undefined && ended.error.next !== '');
      assert.deepEqual(place.changes(ended), {});
    });
  }

  it('waits as long as its model’s service says, and goes on by itself', async () => {
    const id = await place.run('#S:e429-twice', { COPPICE_AGENTS_CLAUDE_CODE_MAX_RETRIES: '1' });
    await place.when(id, ({ turns }) => turns >= 2, 'its next turn');
    const ended = await place.ended(id);
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    const [first, second] = ended.turnNotes ?? [];
    assert.deepEqual([first?.outcome, second?.outcome, ended.turns], ['rate-limited', 'success', 2]);
    assert.match(second?.about ?? '', /^The rate limit that ended your last turn is over/u);
  });

  it('works in the background: the session goes on until the last result', async () => {
    const id = await place.run('#S:background');
    const asked = async (): Promise<void> => {
      await place.needs(id);
      await place.engine.request('session/answer', { session: id, answer: { choice: 'allow' } });
    };
    await until(async () => {
      const { status, needs } = await place.show(id);
      if (needs.length > 0) await asked();
      return status === 'reported' || status === 'failed' ? true : undefined;
    }, 'its background job and what follows have ended');
    const ended = await place.show(id);
    assert.deepEqual([ended.status, ended.text], ['reported', 'It has ended.']);
    assert.ok(ended.turns >= 2);
    assert.deepEqual(place.changes(ended), { 'later.txt': 'later\n' });
  });

  it('outlives its engine: killed in mid-turn and while it asks, nothing runs twice and nothing is lost', async () => {
    const slow = await place.run('#S:slow');
    const asks = await place.run('#S:bash while the engine is away');
    await place.when(slow, ({ turns }) => turns === 1, 'its turn has begun');
    await place.needs(asks);
    await place.kill();
    await place.start();
    await place.needs(asks);
    await place.engine.request('session/answer', { session: asks, answer: { choice: 'allow' } });
    assert.deepEqual(place.changes(await place.ended(asks)), { 'from-bash.txt': 'ran\n' });
    const ended = await place.ended(slow);
    assert.equal(ended.status, 'reported');
    assert.match(
      ended.text ?? '',
      /^(This is a slow stream of many words, so that it can be interrupted in the middle\. ?){8}$/,
    );
    for (const id of [slow, asks]) {
      assert.deepEqual(readdirSync(join(place.home, 'sessions', id, 'runs')), ['001'], 'one run each');
    }
    assert.equal((await place.engine.request('audit/verify', {})).ok, true);
  });

  it('leaves no secret on the disk', async () => {
    await place.stop();
    for (const entry of readdirSync(place.home, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const text = readFileSync(join(entry.parentPath, entry.name), 'latin1');
      assert.ok(!text.includes('dummy-key-1'), join(entry.parentPath, entry.name));
    }
  });
});

describe('a session of the real Claude Code with a budget', () => {
  it('stops at it and says so', async () => {
    const model = await startScriptedModel();
    const place = await EnginePlace.make(model.url, ['--max-budget-usd', '0.3']);
    try {
      const ended = await place.ended(await place.run('#S:loop'));
      assert.deepEqual([ended.status, ended.lastTurn?.outcome], ['failed', 'limit']);
      assert.match(ended.error?.message ?? '', /budget/);
    } finally {
      await place.remove();
      await model.close();
    }
  });
});

/** Processes that carry the mark of a session. */
function agentsOf(session: string, program = 'claude'): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isMarked = readFileSync(`/proc/${pid}/environ`, 'utf8')
          .split('\0')
          .includes(`COPPICE_SESSION=${session}`);
        return isMarked && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program;
      } catch {
        return false; // it has ended meanwhile
      }
    })
    .map(Number);
}
