import assert from 'node:assert/strict';
import type { JudgementView } from '../../../src/protocol/supervision-views.ts';
import { Person } from '../../support/engine/person.ts';
import { Worlds, type World } from '../../support/engine/world.ts';

/** An agent that is run once for each prompt, changes a file, and says of itself what is in `lines`. */
function agent(...lines: readonly object[]): string {
  const said = [...lines, { type: 'result', outcome: 'success', text: 'Done. I ran npm test, and it passed.' }];
  const script = `echo more >> made.txt; printf '%s\\n' ${said.map((each) => `'${JSON.stringify(each)}'`).join(' ')}`;
  return `{ command: ${JSON.stringify(['/bin/sh', '-c', script, '{prompt}'])}, output: jsonl }`;
}

const ran = [
  { type: 'tool', id: 't', name: 'Bash', input: { command: 'npm test' } },
  { type: 'tool-end', id: 't', ok: true },
];
const config = `    careful: ${agent(...ran)}
    hasty: ${agent()}
supervision:
  model: none
  gates:
    - [sh, -c, 'test -s made.txt']
`;

describe('a session that is sent back to check its work', function () {
  this.timeout(120_000);
  let worlds: Worlds;
  let world: World;
  let person: Person;

  before(async () => {
    worlds = await Worlds.open();
    world = await worlds.world({ config });
    person = new Person(world);
    await person.trust();
  });
  after(async () => {
    await world.dispose();
    await worlds.dispose();
  });

  async function ends(by: string, status: 'verified' | 'needs-you'): Promise<readonly JudgementView[]> {
    const id = await person.create('Make a file.\n\n- [ ] It says more.', { agent: by });
    await person.sees(id, status);
    return (await person.ask('supervision/show', { session: id })).judgements;
  }

  it('is let through when its agent was seen to run a check after its last change', async () => {
    const [first, second] = await ends('careful', 'verified');
    assert.deepEqual([first?.decision?.action, second?.decision?.action], ['continue', 'finish']);
    assert.match(second?.decision?.sentence ?? '', /`npm test` ended well after its last change/u);
  });

  it("is a person's when its agent only says that it did", async () => {
    const [first, second] = await ends('hasty', 'needs-you');
    assert.deepEqual([first?.decision?.action, second?.decision?.action], ['continue', 'ask']);
    assert.match(second?.decision?.sentence ?? '', /not seen to run a check/u);
  });
});
