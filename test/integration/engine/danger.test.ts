import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { journalOf } from '../../support/engine/checks.ts';
import { Person } from '../../support/engine/person.ts';
import { until } from '../../support/engine/waiting.ts';
import { Worlds } from '../../support/engine/world.ts';

const forced = {
  danger: 'force-push',
  severity: 'critical',
  sentence: 'It overwrites what others see, with `git push --force`.',
};
const expected = [
  { severity: 'critical', text: 'It reads credentials from `/home/ana/.ssh/id_rsa`.' },
  { severity: 'warning', text: 'The agent has used Bash 3 times with the same input.' },
  { severity: 'critical', text: 'A tool of the agent failed: permission denied.' },
  { severity: 'critical', text: forced.sentence },
];

describe('a session whose agent does something dangerous', function () {
  this.timeout(300_000);
  let worlds: Worlds;
  before(async () => (worlds = await Worlds.open()));
  after(async () => worlds.dispose());

  it('tells what, asks with it, keeps it in the journal, and says it once more after a restart', async () => {
    const world = await worlds.world();
    try {
      const person = new Person(world);
      await person.trust();
      const requester = { env: { ...world.requester.env, HOME: '/home/ana' }, secrets: {} };
      const session = await person.create('work #danger', { requester });
      const { needs, activity } = await person.sees(session, 'needs-you');
      assert.deepEqual(needs[0]?.findings, [forced]);
      assert.deepEqual(activity?.notices, expected);
      const raised = (await journalOf(world)).find(({ type }) => type === 'breakpoint.raised');
      assert.deepEqual(raised?.data['findings'], [forced]);
      // Each is before or in the state of one checkpoint, however they came to be read.
      const before = await until(
        async () => {
          const { checkpoints } = await person.ask('checkpoint/list', { session });
          const tools = checkpoints.flatMap(({ kind, tools: marks = [] }) => (kind === 'tool' ? marks : []));
          return tools.length >= 4 ? tools : undefined;
        },
        async () => JSON.stringify(await person.ask('checkpoint/list', { session })),
      );
      const marks = before.map(({ name, held }) => `${name} ${held ? 'held' : 'seen'}`).sort();
      assert.deepEqual(marks, ['Bash held', 'Bash seen', 'Bash seen', 'Bash seen']);

      await world.kill();
      const again = await person.sees(session, 'needs-you');
      assert.deepEqual(again.needs[0]?.findings, [forced]);
      await person.answer(session, 'deny');
      await person.sees(session, 'interrupted');
    } finally {
      await world.dispose();
    }
  });

  it('takes no entry of the stash away from others: what went is kept and told, and so is what was left there', async () => {
    const script = 'cat >/dev/null; git stash clear; echo left >> README.md; git stash push -q; echo done > done.txt';
    const thief = `    thief:\n      command: ${JSON.stringify(['/bin/sh', '-c', script])}\n`;
    const world = await worlds.world({ config: thief });
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: world.repository, env: world.env, encoding: 'utf8' }).trim();
    try {
      const person = new Person(world);
      await person.trust();
      writeFileSync(join(world.repository, 'README.md'), 'not committed yet\n');
      git('stash', 'push', '-q');
      const mine = git('rev-parse', 'stash@{0}');
      const { changes, branch } = await person.sees(await person.create('x', { agent: 'thief' }), 'reported');
      const [left = '', gone = '', ...more] = changes?.remarks ?? [];
      assert.deepEqual(more, []);
      assert.match(
        left,
        new RegExp(`^It left “WIP on ${branch ?? ''}: .*git stash apply ${git('rev-parse', 'stash@{0}')}`),
      );
      assert.match(gone, new RegExp(`^“WIP on main: .*” went from the stash.*\\x60git stash store ${mine}\\x60`));
      git('stash', 'store', mine);
      git('stash', 'pop', '-q');
      assert.equal(readFileSync(join(world.repository, 'README.md'), 'utf8'), 'not committed yet\n');
    } finally {
      await world.dispose();
    }
  });
});
