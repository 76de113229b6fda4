import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Person } from '../support/engine/person.ts';
import { until } from '../support/engine/waiting.ts';
import { Worlds, type World } from '../support/engine/world.ts';
import { randomModel } from './random-model.ts';
import { LlamaServer } from './server.ts';

const demo = fileURLToPath(new URL('../../src/agents/demo/program/main.ts', import.meta.url));

/** Longest that a review may take: sampling by a grammar is slow. */
const patienceMs = 400_000;

describe('sessions that a real llama.cpp with random weights reviews', function () {
  this.timeout(600_000);
  let folder: string;
  let server: LlamaServer;
  let worlds: Worlds;
  let world: World;
  let person: Person;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'llama-'));
    await writeFile(join(folder, 'random.gguf'), randomModel());
    [server, worlds] = await Promise.all([LlamaServer.start(join(folder, 'random.gguf')), Worlds.open()]);
    const gate = JSON.stringify(['sh', '-c', '[ ! -e bad.md ]']);
    const config = `supervision:\n  endpoint: ${server.base}\n  contextTokens: 8192\n  timeoutSeconds: 240\n  attempts: 1\n  gates:\n    - ${gate}\n`;
    world = await worlds.world({ demo, config });
    person = new Person(world);
    await person.trust();
  });
  after(async () => {
    await world.dispose();
    await Promise.all([worlds.dispose(), server.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  it('are verified by their gate or held up, whatever it says, and what a gate refuses is not even shown to it', async () => {
    const session = await person.create('write it #write:good.md\n- [ ] It says hello.');
    const ends = new Set(['verified', 'needs-you', 'reported', 'failed']);
    const status = await until(
      async () => [(await person.show(session)).status].find((each) => ends.has(each)),
      () => 'it to be judged',
      patienceMs,
    );
    const [first] = (await person.ask('supervision/show', { session })).judgements;
    assert.equal(first?.decision?.action, status === 'verified' ? 'finish' : 'ask');
    // Either it gave an answer of the shape that was asked for, or that it did not is on record.
    const { verdict, failure = '' } = first.review ?? {};
    process.stdout.write(`      ${server.said.join('\n      ')}\n      ${verdict ?? failure}: ${status}\n`);
    assert.ok(verdict !== undefined || failure !== '');
    assert.ok(server.said.length > 0);
    if (status === 'needs-you') await person.cancel(session);
    const asked = server.said.length;
    const spoilt = await person.create('spoil it #write:bad.md');
    await person.sees(spoilt, 'needs-you');
    const { judgements } = await person.ask('supervision/show', { session: spoilt });
    assert.deepEqual([judgements[0]?.decision?.action, judgements[0]?.review], ['ask', undefined]);
    assert.equal(server.said.length, asked);
    await person.cancel(spoilt);
  });
});
