/**
 * Every agent that runs once for each prompt, as the real program, in every scenario. By hand, since three of them are not installed for
 * `npm test`: `COPPICE_AGENT_PROGRAMS=FOLDER mocha test/agents/matrix.ts`, where FOLDER holds what
 * `npm i opencode-ai@1.18.33 @qwen-code/qwen-code@0.24.4 @github/copilot@1.0.102` brings as programs. A minute or two.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionDetail } from '../../src/protocol/schemas.ts';
import { Place } from '../executors/place.ts';
import { startManyModels, type ManyModels } from '../support/many-models/index.ts';
import { configure } from './configure.ts';
import { installedPrograms } from './install.mjs';

const folder = process.env['COPPICE_AGENT_PROGRAMS'] ?? '/nowhere';
const installed = await installedPrograms();
const programs: Readonly<Record<string, string | undefined>> = {
  ...installed,
  ...Object.fromEntries(['opencode', 'qwen', 'copilot'].map((name) => [name, join(folder, name)])),
};
/** How each is told to let nothing be done without asking; those that have no such way are left out. */
const strict: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  codex: { permissionMode: 'read-only' },
  gemini: { permissionMode: 'default' },
  qwen: { permissionMode: 'default' },
};
const secrets = {
  ...{ OPENAI_API_KEY: 'dummy-key-1', GEMINI_API_KEY: 'dummy-key-2', CODEX_API_KEY: 'dummy-key-3' },
  COPILOT_PROVIDER_API_KEY: 'dummy-key-4',
};

for (const [agent, program] of Object.entries(programs)) {
  describe(`the real ${agent}`, function () {
    this.timeout(240_000);
    let model: ManyModels;
    let place: Place;
    before(async function () {
      if (program === undefined || !existsSync(program)) assert.fail(`${agent} is not installed: ${program ?? ''}`);
      await begin();
    });
    after(end);

    async function begin(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
      model = await startManyModels();
      const own = { gemini: { model: 'gemini-2.5-flash' }, opencode: { model: 'fake/fake-model' } }[agent] ?? {};
      place = new Place({
        config: { session: { restarts: 1 }, agents: { [agent]: { command: program, ...own, ...more } } },
        env: (root) => ({
          ...{ OPENAI_BASE_URL: `${model.url}/v1`, OPENAI_MODEL: 'fake-model', GOOGLE_GEMINI_BASE_URL: model.url },
          ...{ GEMINI_CLI_TRUST_WORKSPACE: 'true', COPILOT_OFFLINE: 'true', COPILOT_MODEL: 'fake-model' },
          ...{ COPILOT_PROVIDER_BASE_URL: `${model.url}/v1`, OPENCODE_CONFIG: join(root, 'opencode.json') },
        }),
      });
      configure(place.userHome, model.url);
      const provider = {
        npm: '@ai-sdk/openai-compatible',
        options: { baseURL: `${model.url}/v1`, apiKey: 'dummy' },
        models: { 'fake-model': { cost: { input: 1, output: 1 } } },
      };
      writeFileSync(join(place.root, 'opencode.json'), JSON.stringify({ provider: { fake: provider } }));
      await place.start();
    }

    async function end(): Promise<void> {
      await place.remove();
      await model.close();
    }

    const requester = () => ({ env: place.env, secrets });
    const run = (prompt: string): Promise<string> => place.run(prompt, { agent, requester: requester() });
    /** A session whose agent waits for its model, with the pid of the agent. */
    async function waiting(): Promise<{ readonly id: string; readonly pid: number }> {
      const id = await run('please #wait and write made.txt');
      await place.when(id, () => model.waiting > 0, 'it waits for its model');
      const noted = readFileSync(join(place.home, 'sessions', id, 'runs', '001', 'pid'), 'utf8');
      return { id, pid: Number(/^pid (\d+)$/mu.exec(noted)?.[1]) };
    }
    const written = (ended: SessionDetail): void => {
      assert.equal(ended.status, 'reported', JSON.stringify(ended));
      assert.deepEqual(place.changes(ended), { 'made.txt': 'hi\n' });
    };

    it('is found with its version', async () => {
      const { checks } = await place.engine.request('doctor', { requester: requester() });
      const found = checks.find(({ name }) => name === `agent ${agent}`);
      assert.match(`${found?.ok} ${found?.detail}`, /^true .*\d+\.\d+\.\d+/u);
    });

    it('writes a file, and has its next turn', async () => {
      const id = await run('please write made.txt');
      written(await place.ended(id));
      const { agentSession } = await place.ended(id);
      await place.engine.request('session/continue', { session: id, prompt: 'thanks', requester: requester() });
      const again = await place.when(id, ({ turns, status }) => turns === 2 && status === 'reported', 'turn 2');
      assert.equal(again.text, 'Done by the script.');
      if (agent !== 'gemini') assert.equal(again.agentSession, agentSession, 'in the same conversation');
    });

    it('is refused by its model, and says so', async () => {
      const ended = await place.ended(await run('#refuse'));
      assert.equal(ended.status, 'failed', JSON.stringify(ended));
      assert.match(ended.error?.message ?? '', /turn ended/u);
    });

    it('is interrupted, leaves nothing that runs, and goes on when it is asked to', async () => {
      const { id } = await waiting();
      await place.engine.request('session/interrupt', { session: id });
      const ended = await place.ended(id);
      assert.equal(ended.status, 'interrupted', JSON.stringify(ended));
      assert.deepEqual(left(id), []);
      model.go();
      await place.engine.request('session/continue', {
        session: id,
        prompt: 'please write made.txt',
        requester: requester(),
      });
      written(await place.when(id, ({ status }) => status === 'reported' || status === 'failed', 'its next turn'));
      await end();
      await begin();
    });

    it('is killed in mid-turn, and is started again', async () => {
      const { id, pid } = await waiting();
      process.kill(pid, 'SIGKILL');
      model.go();
      const ended = await place.ended(id);
      written(ended);
      assert.equal(ended.turns, 2);
      assert.deepEqual(left(id), []);
      await end();
      await begin(strict[agent]);
    });

    // The others are given all their tools, or say so in their own configuration.
    if (strict[agent] === undefined) return;
    it('is not allowed what it would have to ask for, and nothing comes of that', async () => {
      const ended = await place.ended(await run('please write made.txt'));
      assert.deepEqual(place.changes(ended), {}, JSON.stringify(ended));
    });
  });
}

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
