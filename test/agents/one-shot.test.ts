import assert from 'node:assert/strict';
import { startManyModels, type ManyModels } from '../support/many-models/index.ts';
import { Place } from '../executors/place.ts';
import { configure } from './configure.ts';
import { installedPrograms } from './install.mjs';

const ids = ['codex', 'gemini'] as const;

/** Sessions of real agents beside Claude Code, side by side: their start costs more than what they do. */
describe('sessions of the real Codex and Gemini CLI', function () {
  this.timeout(180_000);
  let model: ManyModels;
  let place: Place;
  const secrets = { OPENAI_API_KEY: 'dummy-key-1', GEMINI_API_KEY: 'dummy-key-2', CODEX_API_KEY: 'dummy-key-3' };

  before(async () => {
    model = await startManyModels();
    const programs = await installedPrograms();
    const gemini = programs.gemini ?? assert.fail('Gemini CLI is not installed');
    const names = ['GOOGLE_GEMINI_BASE_URL', 'GEMINI_CLI_TRUST_WORKSPACE'];
    place = new Place({
      config: {
        limits: { running: 10 },
        session: { autoPush: { autonomous: false } },
        agents: {
          codex: { command: programs.codex ?? assert.fail('Codex is not installed') },
          gemini: { command: gemini, model: 'gemini-2.5-flash' },
          custom: {
            live: { command: [gemini, '--acp'], output: 'acp', env: names, secrets: ['GEMINI_API_KEY'] },
          },
          live: { model: 'gemini-2.5-flash' },
        },
      },
      env: () => ({
        OPENAI_BASE_URL: `${model.url}/v1`,
        OPENAI_MODEL: 'fake-model',
        GOOGLE_GEMINI_BASE_URL: model.url,
        GEMINI_CLI_TRUST_WORKSPACE: 'true',
      }),
    });
    configure(place.userHome, model.url);
    await place.start();
  });
  after(async () => {
    await place.remove();
    await model.close();
  });

  async function all(prompt: string): Promise<Record<(typeof ids)[number], string>> {
    const started = ids.map(async (agent) => {
      const requester = { env: place.env, secrets };
      return [agent, await place.run(prompt, { agent, requester })] as const;
    });
    return Object.fromEntries(await Promise.all(started)) as Record<(typeof ids)[number], string>;
  }

  it('write a file that is then on the branch, and take the conversation up again where they can', async () => {
    const sessions = await all('-please write made.txt');
    for (const id of ids) {
      const ended = await place.ended(sessions[id]);
      assert.equal(ended.status, 'reported', `${id}: ${JSON.stringify(ended)}`);
      assert.deepEqual(place.changes(ended), { 'made.txt': 'hi\n' }, id);
      assert.equal(ended.text, 'Done by the script.', id);
    }
    const requester = { env: place.env, secrets };
    await place.engine.request('session/continue', { session: sessions.codex, prompt: 'thanks', requester });
    const again = await place.when(
      sessions.codex,
      ({ turns, status }) => turns === 2 && status === 'reported',
      'its second turn',
    );
    assert.equal(again.text, 'Done by the script.');
    assert.equal(again.agentSession, (await place.ended(sessions.codex)).agentSession);
    const { usage } = await place.ended(sessions.gemini);
    assert.deepEqual([usage.inputTokens, usage.outputTokens], [2000, 100]);
  });

  it('ask for help with a tool of their own, where they can be told of one: Codex', async () => {
    const session = await place.run('please #help', { agent: 'codex', requester: { env: place.env, secrets } });
    const asking = await place.when(session, ({ needs }) => needs.length > 0, 'it asks');
    assert.equal(asking.needs[0]?.title, 'Help: Which of the two?');
    await place.engine.request('session/cancel', { session });
  });

  it('over ACP: Gemini CLI asks before it writes, and nobody before it asks for help', async () => {
    const requester = { env: place.env, secrets };
    const [live, lost] = await Promise.all([
      place.run('-please write made.txt', { agent: 'live', requester }),
      place.run('please #help', { agent: 'live', requester }),
    ]);
    const asking = await place.when(live, ({ needs }) => needs.length > 0, 'it asks');
    assert.equal(asking.needs[0]?.kind, 'permission');
    await place.engine.request('session/answer', { session: live, answer: { choice: 'allow' } });
    const ended = await place.ended(live);
    assert.deepEqual([ended.status, ended.text], ['reported', 'Done by the script.'], JSON.stringify(ended));
    assert.deepEqual(place.changes(ended), { 'made.txt': 'hi\n' });
    const { needs } = await place.when(lost, (each) => each.needs.length > 0, 'it asks for help');
    assert.equal(needs[0]?.title, 'Help: Which of the two?');
    await place.engine.request('session/cancel', { session: lost });
  });

  it('fail when their model refuses, and say so', async () => {
    const sessions = await all('#refuse');
    for (const id of ids) {
      const ended = await place.ended(sessions[id]);
      assert.equal(ended.status, 'failed', `${id}: ${JSON.stringify(ended)}`);
      assert.match(ended.error?.message ?? '', /turn ended/, id);
    }
  });
});
