import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionDetail } from '../../src/protocol/schemas.ts';
import { Place } from '../executors/place.ts';
import { startManyModels, type ManyModels } from '../support/many-models/index.ts';
import { configure } from './configure.ts';
import { installedPrograms } from './install.mjs';

const ids = ['codex', 'copilot', 'gemini', 'opencode', 'qwen'] as const;
type Id = (typeof ids)[number];
type Options = Readonly<Record<string, unknown>>;

/** How they are set up: all may write files and run commands, of which some need to be told. */
const own: Partial<Record<Id, Options>> = {
  gemini: { model: 'gemini-2.5-flash', permissionMode: 'yolo' },
  opencode: { model: 'fake/fake-model' },
  qwen: { permissionMode: 'yolo' },
};
/** What lets an agent do nothing that changes files. OpenCode is told so by the rules of its configuration. */
const strict: Partial<Record<Id, Options>> = {
  codex: { permissionMode: 'read-only' },
  copilot: { args: ['--deny-tool=shell', '--deny-tool=write'] },
  gemini: { permissionMode: 'default' },
  qwen: { permissionMode: 'default' },
};
const secrets = {
  ...{ OPENAI_API_KEY: 'dummy-key-1', GEMINI_API_KEY: 'dummy-key-2', CODEX_API_KEY: 'dummy-key-3' },
  COPILOT_PROVIDER_API_KEY: 'dummy-key-4',
};

const over: readonly string[] = ['reported', 'failed', 'interrupted', 'cancelled'];

/** All scenarios of all agents, side by side: their start costs more than what they do. */
describe('the real agents that run once for each prompt', function () {
  this.timeout(240_000);
  let model: ManyModels;
  let place: Place;
  let programs: Readonly<Record<Id, string>>;

  before(async () => {
    model = await startManyModels();
    const found = await installedPrograms();
    const program = (id: Id) =>
      found[id] ?? assert.fail(`${id} is not installed: run \`node test/agents/install.mjs\``);
    programs = Object.fromEntries(ids.map((id) => [id, program(id)])) as Record<Id, string>;
    place = new Place({
      env: (root) => ({
        ...{ OPENAI_BASE_URL: `${model.url}/v1`, OPENAI_MODEL: 'fake-model', GOOGLE_GEMINI_BASE_URL: model.url },
        ...{ GEMINI_CLI_TRUST_WORKSPACE: 'true', COPILOT_OFFLINE: 'true', COPILOT_MODEL: 'fake-model' },
        ...{ COPILOT_PROVIDER_BASE_URL: `${model.url}/v1`, OPENCODE_CONFIG: join(root, 'opencode.json') },
        OPENCODE_DISABLE_MODELS_FETCH: '1',
      }),
    });
    configure(place.userHome, model.url);
    setUp((id) => ({ command: programs[id], ...own[id] }));
    openCodeMay('allow');
    await place.start();
  });
  after(async () => {
    await place.remove();
    await model.close();
  });

  /** Settings that were changed count from the next request on. */
  function setUp(agent: (id: Id) => Options): void {
    const settings = {
      ...{
        limits: { running: 20 },
        session: { restarts: 1, autoPush: { autonomous: false } },
        stop: { graceSeconds: 2 },
      },
      agents: Object.fromEntries(ids.map((id) => [id, agent(id)])),
    };
    writeFileSync(join(place.home, 'config.yaml'), JSON.stringify(settings));
  }

  function openCodeMay(rule: 'allow' | 'deny'): void {
    const provider = {
      npm: '@ai-sdk/openai-compatible',
      options: { baseURL: `${model.url}/v1`, apiKey: 'dummy' },
      models: { 'fake-model': { cost: { input: 1, output: 1 } } },
    };
    const configuration = { provider: { fake: provider }, permission: { bash: rule, edit: rule } };
    writeFileSync(join(place.root, 'opencode.json'), JSON.stringify(configuration));
  }

  const requester = () => ({ env: place.env, secrets });
  const run = (agent: Id, prompt: string): Promise<string> => place.run(prompt, { agent, requester: requester() });
  const next = (session: string, prompt: string): Promise<unknown> =>
    place.engine.request('session/continue', { session, prompt, requester: requester() });
  const all = async (work: (id: Id) => Promise<void>): Promise<void> => {
    await Promise.all(ids.map(work));
  };
  /** The pid of an agent that waits for its model. */
  async function waiting(session: string, name: string): Promise<number> {
    await place.when(session, () => model.waiting(name) > 0, `${name}: it waits for its model`);
    const noted = readFileSync(join(place.home, 'sessions', session, 'runs', '001', 'pid'), 'utf8');
    return Number(/^pid (\d+)$/mu.exec(noted)?.[1]);
  }
  const written = (id: Id, ended: SessionDetail, more: Readonly<Record<string, string>> = {}): void => {
    assert.equal(ended.status, 'reported', `${id}: ${JSON.stringify(ended)}`);
    assert.deepEqual(place.changes(ended), { 'made.txt': 'hi\n', ...more }, id);
    assert.equal(ended.text, 'Done by the script.', id);
  };

  it('are found with their versions', async () => {
    const { checks } = await place.engine.request('doctor', { requester: requester() });
    for (const id of ids) {
      const found = checks.find(({ name }) => name === `agent ${id}`);
      assert.match(`${found?.ok} ${found?.detail}`, /^true .*\d+\.\d+\.\d+/u, id);
    }
  });

  it('write a file, and run a command in their next turn, in the same conversation where they can', async () => {
    await all(async (id) => {
      const session = await run(id, '-please write made.txt');
      const ended = await place.ended(session);
      written(id, ended);
      await next(session, 'please #command');
      const again = await place.when(session, ({ turns, status }) => turns === 2 && over.includes(status), 'turn 2');
      written(id, again, { 'ran.txt': 'ran\n' });
      if (id !== 'gemini') assert.equal(again.agentSession, ended.agentSession, id);
    });
  });

  it('fail when their model refuses, and say so', async () => {
    await all(async (id) => {
      const ended = await place.ended(await run(id, '#refuse'));
      assert.equal(ended.status, 'failed', `${id}: ${JSON.stringify(ended)}`);
      assert.match(ended.error?.message ?? '', /turn ended/u, id);
    });
  });

  it('are interrupted, leave nothing that runs, and go on when they are asked to', async () => {
    await all(async (id) => {
      const name = `interrupt_${id}`;
      const session = await run(id, `please #wait-${name} and write`);
      await waiting(session, name);
      await place.engine.request('session/interrupt', { session });
      const ended = await place.ended(session);
      assert.equal(ended.status, 'interrupted', `${id}: ${JSON.stringify(ended)}`);
      assert.deepEqual(left(session), [], id);
      model.go(name);
      await next(session, 'please write made.txt');
      written(id, await place.when(session, ({ turns, status }) => turns === 2 && over.includes(status), 'turn 2'));
    });
  });

  it('are killed in mid-turn, and started again', async () => {
    await all(async (id) => {
      const name = `kill_${id}`;
      const session = await run(id, `please #wait-${name} and write`);
      const pid = await waiting(session, name);
      process.kill(pid, 'SIGKILL');
      model.go(name);
      const ended = await place.ended(session);
      written(id, ended);
      assert.equal(ended.turns, 2, id);
      assert.deepEqual(left(session), [], id);
    });
  });

  it('are not allowed what changes files, and nothing comes of that; what a later version prints is kept', async () => {
    openCodeMay('deny');
    const later = (id: Id): string => join(place.root, `later-${id}`);
    for (const id of ids) {
      const line = JSON.stringify({ type: 'from-a-later-version' });
      writeFileSync(later(id), `#!/bin/sh\necho '${line}'\nexec '${programs[id]}' "$@"\n`);
      chmodSync(later(id), 0o755);
    }
    setUp((id) => ({ ...own[id], ...strict[id], command: later(id) }));
    await all(async (id) => {
      const ended = await place.ended(await run(id, 'please write made.txt'));
      assert.deepEqual(place.changes(ended), {}, `${id}: ${JSON.stringify(ended)}`);
      assert.equal(ended.status, 'reported', `${id}: ${JSON.stringify(ended)}`);
      const { events } = await place.engine.request('session/logs', { session: ended.id });
      const odd = events.flatMap(({ event }) => (event.kind === 'unrecognised' ? [event.what] : []));
      assert.ok(odd.includes('from-a-later-version'), `${id}: ${JSON.stringify(events)}`);
    });
  });
});

/** Command lines of processes that carry the mark of a session. */
function left(session: string): string[] {
  const read = (pid: string, name: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'latin1');
    } catch {
      return ''; // it has ended, or is not ours
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/u.test(pid) && read(pid, 'environ').includes(`COPPICE_SESSION=${session}\0`))
    .map((pid) => read(pid, 'cmdline'));
}
