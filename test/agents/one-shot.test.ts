import assert from 'node:assert/strict';
import { startManyModels, type ManyModels } from '../support/many-models/index.ts';
import { Place } from '../executors/place.ts';
import { configure } from './configure.ts';
import { installedPrograms } from './install.mjs';

/** What the two can do that others cannot; all that they share is in `matrix.test.ts`. */
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
});
