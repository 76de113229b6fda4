import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SessionDetail } from '../../../src/protocol/schemas.ts';
import { Person } from '../../support/engine/person.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

const demo = fileURLToPath(new URL('../../../src/agents/demo/program/main.ts', import.meta.url));

describe('a conversation that is rolled back', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;

  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());
  afterEach(async () => world.dispose());

  async function begin(agent: 'demo' | 'stand-in'): Promise<void> {
    world = await worlds.world({ ...(agent === 'demo' ? { demo } : {}) });
    person = new Person(world);
    await person.trust();
  }

  async function turns(session: string, ...prompts: readonly string[]): Promise<SessionDetail> {
    for (const prompt of prompts) {
      await person.continue(session, prompt);
      await person.sees(session, 'reported');
    }
    return person.show(session);
  }

  async function after1(session: string): Promise<number> {
    const { checkpoints } = await person.ask('checkpoint/list', { session });
    const found = checkpoints.find(({ kind, turn }) => kind === 'turn-end' && turn === 1);
    return found?.n ?? assert.fail('no checkpoint at the end of the first turn');
  }

  it('goes on from there with an agent that can, in a conversation of its own, and comes back with the files', async () => {
    await begin('demo');
    const session = await person.create('one #write:a.txt');
    await person.sees(session, 'reported');
    const before = await turns(session, 'two #write:b.txt', 'three #write:c.txt');
    assert.match(before.text ?? '', /^Turn 3/);
    const to = await after1(session);
    assert.equal((await person.ask('restore/preview', { session, to })).conversation, 'resume');
    const result = await person.ask('restore/apply', { session, to, conversation: true });
    assert.deepEqual([result.files > 0, result.conversation], [true, 'resume']);
    assert.equal((await person.ask('restore/preview', { session, to })).conversation, 'same');

    const other = await turns(session, 'another two #write:d.txt');
    assert.match(other.text ?? '', /^Turn 2/);
    assert.notEqual(other.agentSession, before.agentSession);

    const back = await person.ask('restore/undo', { session });
    assert.deepEqual([back.files > 0, back.conversation], [true, 'resume']);
    assert.match((await turns(session, 'four')).text ?? '', /^Turn 4/);
  });

  it('begins anew with an account of what counts, where the agent cannot', async () => {
    await begin('stand-in');
    const session = await person.create('one');
    await person.sees(session, 'reported');
    await turns(session, 'two', 'three');
    const to = await after1(session);
    assert.equal((await person.ask('restore/preview', { session, to })).conversation, 'summary');
    const { worktree } = await person.show(session);
    const result = await person.ask('restore/apply', { session, to, conversation: true });
    assert.equal(result.conversation, 'summary');
    await world.kill();
    await turns(session, 'another two');
    const work = await readFile(join(worktree ?? '', 'work.txt'), 'utf8');
    assert.match(work, /^- one\n- A person has rolled this work back .*1\. one \(success\).*another two$/m);
    assert.doesNotMatch(work, /three/);
    await turns(session, 'and more');
    assert.match(await readFile(join(worktree ?? '', 'work.txt'), 'utf8'), /^- and more$/m, 'told once');
  });

  it('stays where it is when only the files go back', async () => {
    await begin('demo');
    const session = await person.create('one #write:a.txt');
    await person.sees(session, 'reported');
    const before = await turns(session, 'two #write:b.txt');
    const result = await person.ask('restore/apply', { session, to: await after1(session) });
    assert.equal(result.conversation, undefined);
    const next = await turns(session, 'three');
    assert.match(next.text ?? '', /^Turn 3/);
    assert.equal(next.agentSession, before.agentSession);
  });
});
