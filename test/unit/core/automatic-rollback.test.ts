import assert from 'node:assert/strict';
import { event } from '../../../src/core/events.ts';
import { goOn } from '../../../src/core/restore/automatic.ts';
import { requestRestore, undoOf } from '../../../src/core/restore/commands.ts';
import { addPrompt } from '../../../src/core/session/commands.ts';
import { isLetThrough } from '../../../src/core/supervision/autonomy.ts';
import { autonomyLevels } from '../../../src/core/supervision/decision.ts';
import { limits, newSession, World } from './world.ts';

const automatic = { turn: 1, why: 'The gate `t` ended with code 1.', prompt: 'Mend it.' };
const request = { id: 'r1', to: 0, expect: 't', automatic };

describe('a rollback that nobody asked for', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    newSession(world.ledger, 'a');
    for (let n = 0; n < 3; n += 1) world.exactStep('a');
    world.take('a');
    world.finish('a');
    world.exactStep('a');
    world.ledger.append(requestRestore(world.ledger.get('a'), request, true));
  });

  const steps = (count: number): string[] => Array.from({ length: count }, () => world.exactStep('a').do);
  function ended(more: object = {}): void {
    const { ledger } = world;
    const session = ledger.get('a');
    const end = { files: 2, before: 2, ...more };
    const following = session.restoring === undefined ? [] : goOn(session, session.restoring, end, 'b1');
    ledger.append(
      [event('restore.ended', { session: 'a', restore: 'r1', after: 3, ...end }), ...following],
      'supervisor',
    );
  }

  it('lets the agent go, rolls back, and only then gives the prompt that says so; it can be undone', () => {
    assert.deepEqual(steps(3), ['close', 'restore', 'restore'], 'no prompt, no end, before it is done');
    ended();
    const session = world.ledger.get('a');
    assert.deepEqual(
      session.prompts.map(({ n, state }) => [n, state]),
      [[2, 'waiting']],
    );
    const text = session.prompts[0]?.text ?? '';
    assert.match(
      text,
      /^Turn 1 was rolled back: the files are as they were before it\..* checkpoint 2\. [^]*\n\nMend it\.$/u,
    );
    assert.equal(session.automatic, 1, 'it counts as a prompt of the supervisor');
    assert.deepEqual(session.restored?.automatic, { turn: 1, why: automatic.why });
    assert.deepEqual(undoOf(session, 'u'), { id: 'u', to: 2, since: 3 });
    assert.deepEqual(steps(4), ['commit', 'checkpoint', 'start', 'feed']);
    assert.equal(world.ledger.state(), world.ledger.replayed());
  });

  it('says nothing of files when none was changed, and asks a person when it could not be done', () => {
    steps(2);
    const session = world.ledger.get('a');
    assert.ok(session.restoring !== undefined);
    const [prompt] = goOn(session, session.restoring, {}, 'b1');
    assert.equal(prompt?.data['text'], 'Mend it.');
    const error = { code: 'path-in-the-way', message: 'x is in the way.', next: 'Move it.' } as const;
    ended({ files: 0, before: undefined, after: undefined, error });
    const { breakpoints, prompts } = world.ledger.get('a');
    assert.deepEqual(
      prompts.filter(({ state }) => state !== 'seen'),
      [],
    );
    assert.match(
      breakpoints[0]?.detail ?? '',
      /code 1\.\n\nThe files are as the agent left them\. x is in the way\. Move it\./u,
    );
    assert.deepEqual(steps(1), ['wait'], 'a person is waited for');
  });

  it('leaves the word to a person who came in between', () => {
    const { ledger } = world;
    steps(2);
    ledger.append(addPrompt(ledger.sessions(), ledger.get('a'), { text: 'mine', steer: false }, limits).events);
    ended();
    assert.deepEqual(
      ledger.get('a').prompts.map(({ text }) => text),
      ['mine'],
    );
  });
});

describe('tools that ask', () => {
  const use = { tool: 'Bash', command: 'npm test', paths: [] };
  const finding = { danger: 'hidden', severity: 'warning', sentence: 'x.' } as const;
  const at = (level: (typeof autonomyLevels)[number], mode: 'autonomous' | 'interactive' = 'autonomous') => ({
    mode,
    supervision: { level, gates: [], review: false },
  });

  it('are let through without a person at one level only, and only when all of it was seen to be harmless', () => {
    assert.deepEqual(
      autonomyLevels.map((level) => isLetThrough(at(level), use, [])),
      [false, false, false, true],
    );
    const all = at('autonomous');
    assert.equal(isLetThrough(all, use, [finding]), false, 'also a warning is a person’s');
    assert.equal(isLetThrough(at('autonomous', 'interactive'), use, []), false, 'somebody sits there');
    assert.equal(isLetThrough({ mode: 'autonomous' }, use, []), false, 'nobody chose a level');
    assert.equal(isLetThrough(all, { tool: 'deploy', paths: [] }, []), false, 'nobody can see what it does');
    for (const path of ['/etc/passwd', '../other/x', '~/.ssh/id']) {
      assert.equal(isLetThrough(all, { tool: 'Read', paths: ['a', path] }, []), false, path);
    }
    assert.equal(isLetThrough(all, { tool: 'Edit', paths: ['src/a.ts'] }, []), true);
  });
});
