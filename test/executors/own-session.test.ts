import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Place } from './place.ts';

const scripted = fileURLToPath(new URL('../support/acp-agent/agent.mjs', import.meta.url));

/** Sessions with agents and executors of the user's own, from files of the data directory, on one engine. */
describe("sessions of the user's own agents and executors", function () {
  this.timeout(240_000);
  let place: Place;

  before(async () => {
    place = new Place({ config: { limits: { running: 20 }, supervision: { model: 'none' } } });
    const plugins = join(place.home, 'plugins');
    mkdirSync(plugins, { mode: 0o700 });
    const plugin = (name: string, defines: object): void =>
      writeFileSync(join(plugins, `${name}.yaml`), JSON.stringify({ coppice: 1, version: '0.1.0', ...defines }), {
        mode: 0o600,
      });
    const acp = (...args: readonly string[]): object => ({
      agent: { command: [process.execPath, scripted, ...args], output: 'acp', env: ['ACP_STATE'] },
    });
    plugin('talker', acp());
    plugin('forgetful', acp('--no-load'));
    plugin('stranger', acp('--speaks-9'));
    plugin('gone', { agent: { command: [process.execPath, '/no/such/agent.mjs'], output: 'acp' } });
    plugin('marked', { executor: { wrap: ['env', 'MARK={session} in {worktree}'] } });
    plugin('teller', {
      agent: { command: ['sh', '-c', 'cat; echo "mark: $MARK"; echo "own: $COPPICE_PORT $COMPOSE_PROJECT_NAME"'] },
    });
    plugin('dier', { agent: { command: ['sh', '-c', 'cat >/dev/null; echo trying; kill -9 $$'] } });
    plugin('lost', { agent: { command: ['no-such-agent', '{prompt}'] } });
    plugin('astray', { executor: { wrap: ['no-such-sandbox', '--'] } });
    plugin('broken', { coppice: 2, agent: { command: ['x'] } });
    place.env['ACP_STATE'] = place.root;
    await place.start();
  });
  after(() => place.remove());

  const start = (prompt: string, agent = 'talker', executor = 'local'): Promise<string> =>
    place.run(prompt, { agent, executor });
  const needs = (session: string): ReturnType<Place['when']> =>
    place.when(session, ({ needs }) => needs.length > 0, 'it asks');
  const answer = (session: string, choice: 'allow' | 'deny'): Promise<unknown> =>
    place.engine.request('session/answer', { session, answer: { choice } });

  it('are shown by the doctor, the refused ones with the reason', async () => {
    const { checks } = await place.engine.request('doctor', { requester: { env: place.env, secrets: {} } });
    const row = (name: string): string => {
      const found = checks.find((check) => check.name === name);
      return `${found?.ok} ${found?.detail}`;
    };
    assert.match(row('agent talker'), /^true .*\(plugin 0\.1\.0\)$/u);
    assert.match(row('executor wrap:marked'), /^true this host, with your rights, started by \/.*\/env$/u);
    assert.match(row('agent broken'), /^false refused: .*broken\.yaml:1:.* written for version 2 of plugins/u);
    assert.match(row('agent lost'), /^false The program of the agent "lost" \(`no-such-agent`\) cannot be started/u);
    assert.match(row('executor wrap:astray'), /^false The program of the executor was not found: no-such-sandbox$/u);
    await assert.rejects(start('x', 'broken'), /The plugin "broken" is not used/u);
    const before = await place.engine.request('session/list', { which: 'all' });
    await assert.rejects(start('x', 'teller', 'wrap:nobody'), {
      code: 'executor-missing',
      message: /no plugin "nobody"/u,
    });
    await assert.rejects(start('x', 'lost'), { code: 'agent-missing', message: /no-such-agent/u });
    await assert.rejects(start('x', 'teller', 'wrap:astray'), {
      code: 'executor-missing',
      message: /not found: no-such-sandbox/u,
      next: 'Install it, or correct the plugin `astray.yaml`.',
    });
    assert.deepEqual(await place.engine.request('session/list', { which: 'all' }), before, 'nothing was made for it');
  });

  it('an executor of one’s own starts the agent with its command, and everything else is as on this host', async () => {
    const id = await start('hello', 'teller', 'wrap:marked');
    const ended = await place.ended(id);
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    const said = readFileSync(ended.stream, 'utf8');
    assert.ok(said.includes(`mark: ${id} in ${ended.worktree}`));
    assert.match(said, /^own: 2\d{3}0 coppice-hello-\w{4}$/mu);
  });

  it('an ACP agent asks, is answered either way, and takes its conversation up again, or says that it cannot', async () => {
    const [allowed, denied, forgetful] = await Promise.all([
      start('write made.txt'),
      start('write not.txt'),
      start('recall', 'forgetful'),
    ]);
    const asking = await needs(allowed);
    assert.deepEqual([asking.needs[0]?.kind, asking.needs[0]?.title], ['permission', 'Write made.txt']);
    await Promise.all([answer(allowed, 'allow'), needs(denied).then(() => answer(denied, 'deny'))]);
    const [yes, no] = await Promise.all([place.ended(allowed), place.ended(denied)]);
    assert.deepEqual([yes.status, yes.text], ['reported', 'made.txt: selected yes'], JSON.stringify(yes));
    assert.deepEqual(place.changes(yes), { 'made.txt': 'made\n' });
    assert.equal(yes.agentVersion, '1.2.3');
    assert.deepEqual([no.text, place.changes(no)], ['not.txt: selected no', {}]);
    await place.ended(forgetful);
    await Promise.all([place.continue(allowed, 'recall'), place.continue(forgetful, 'recall')]);
    const second = (id: string): ReturnType<Place['when']> =>
      place.when(id, ({ turns, status }) => turns === 2 && status === 'reported', 'turn 2');
    const [again, anew] = await Promise.all([second(allowed), second(forgetful)]);
    assert.deepEqual([again.text, again.agentSession], ['I know: write', yes.agentSession]);
    assert.equal(anew.text, 'I know: nothing');
    assert.match(readFileSync(anew.stream, 'utf8'), /cannot take a conversation up again\. It begins a new one/u);
  });

  it('an ACP agent may say anything, is refused what it was not offered, and is interrupted', async () => {
    const [odd, waiting, reading, unsure, nothing] = await Promise.all([
      start('nonsense'),
      start('wait'),
      start('read-a-file'),
      start('no-choice'),
      start('stop-for-nothing'),
    ]);
    assert.equal((await place.ended(odd)).text, 'Still here.');
    assert.equal((await place.ended(reading)).text, 'refused with -32601');
    await needs(unsure);
    await answer(unsure, 'allow');
    assert.equal((await place.ended(unsure)).text, 'never.txt: cancelled', 'no option means yes');
    assert.equal((await place.ended(nothing)).status, 'failed');
    await place.when(waiting, ({ status, turns }) => status === 'running' && turns === 1, 'it works');
    const uses = await place.engine.request('session/resources', { session: waiting });
    assert.ok((uses.memoryBytes ?? 0) > 20e6 && (uses.processes ?? 0) >= 2, JSON.stringify(uses));
    assert.ok((uses.diskBytes ?? 0) > 0);
    assert.deepEqual(uses.ports, []);
    await place.engine.request('session/interrupt', { session: waiting });
    assert.equal((await place.ended(waiting)).status, 'interrupted');
  });

  it('an ACP agent that fails, dies, speaks another version or is not there fails its session with the reason', async () => {
    const cases: readonly (readonly [prompt: string, agent: string, says: RegExp])[] = [
      ['fail', 'talker', /the model said no/u],
      ['die', 'talker', /out of luck/u],
      ['x', 'stranger', /speaks version 9 of ACP/u],
      ['x', 'gone', /Cannot find module/u],
    ];
    const ids = await Promise.all(cases.map(([prompt, agent]) => start(prompt, agent)));
    for (const [index, id] of ids.entries()) {
      const ended = await place.ended(id);
      assert.equal(ended.status, 'failed', JSON.stringify(ended));
      assert.match(JSON.stringify([ended.error, ended.text]), cases[index]?.[2] ?? /never/u);
    }
  });

  it('an agent that is killed goes on by itself, but not for ever: then a person is asked', async () => {
    const [id, hopeless] = await Promise.all([start('wait'), start('try', 'dier')]);
    await place.when(id, ({ status, turns }) => status === 'running' && turns === 1, 'it works');
    const noted = readFileSync(join(place.home, 'sessions', id, 'runs', '001', 'pid'), 'utf8');
    const pid = /^pid (\d+)$/mu.exec(noted)?.[1] ?? assert.fail(noted);
    process.kill(Number(pid), 'SIGKILL');
    const ended = await place.ended(id);
    assert.deepEqual([ended.status, ended.turns, ended.text], ['reported', 2, 'What is Your?'], JSON.stringify(ended));
    const { needs: asked, turns } = await needs(hopeless);
    assert.deepEqual([asked[0]?.kind, turns], ['decision', 4]);
    assert.match(asked[0]?.title ?? '', /again and again/u);
    await place.engine.request('session/answer', { session: hopeless, answer: { choice: 'hand-over' } });
    assert.equal((await place.ended(hopeless)).status, 'interrupted');
  });

  it('an ACP agent goes on when the engine is killed, and its question is answered by the next one', async () => {
    const id = await start('write late.txt');
    await needs(id);
    await place.kill();
    await place.start();
    await needs(id);
    await answer(id, 'allow');
    const ended = await place.ended(id);
    assert.deepEqual([ended.status, place.changes(ended)], ['reported', { 'late.txt': 'made\n' }]);
  });
});
