import assert from 'node:assert/strict';
import { noUsage } from '../../../src/core/agent/usage.ts';
import type { TurnEnd } from '../../../src/core/session/state.ts';
import { turnFailure } from '../../../src/core/session/turn-failure.ts';

const claude = { title: 'Claude Code', command: 'claude auth login', keys: ['ANTHROPIC_API_KEY', 'A', 'B'] };

function ended(reason: string, text?: string): TurnEnd {
  const turn = { n: 1, outcome: 'failed', reason, usage: noUsage, denials: 0, endedAt: 0, offset: 0 } as const;
  return text === undefined ? turn : { ...turn, text };
}

describe('why a turn failed', () => {
  it('names the way to sign in to an agent whose service does not know who asks', () => {
    const { message, next } = turnFailure(ended('authentication_failed', 'API Error: 401\nmore'), claude);
    assert.equal(message, "The agent's turn ended as authentication_failed: API Error: 401.");
    assert.equal(
      next,
      'Sign Claude Code in: run `claude auth login` in a terminal where it works, or set ANTHROPIC_API_KEY or A where you start the session, then give it another prompt.',
    );
  });

  it('knows the words of the other agents', () => {
    for (const said of [
      'unexpected status 401 Unauthorized: Missing bearer or basic authentication in header',
      'Please set an Auth method in your /home/x/.gemini/settings.json or specify GEMINI_API_KEY',
      'Error: No authentication information found.',
      'Invalid API key · Please run /login',
      'Not logged in · Please run /login',
      'Incorrect API key provided: dummy',
    ])
      assert.match(turnFailure(ended('exit code 1', said), claude).next, /^Sign Claude Code in: /u, said);
  });

  it('says for all else where to look', () => {
    for (const turn of [undefined, ended('gone'), ended('exit code 1', 'wrote 1401 lines'), ended('x', 'overloaded')])
      assert.match(turnFailure(turn, claude).next, /^Read what it said, /u);
  });

  it('says what is known of an agent that was ended from outside, with what it said last', () => {
    const cut = (reason: string, text?: string): string =>
      turnFailure({ ...ended(reason, text), outcome: 'crashed' }, claude).message;
    assert.match(
      cut('gone'),
      /^The agent went away in the middle of its turn, and nothing says how: its container, .*\.$/u,
    );
    assert.match(cut('SIGKILL', 'ready.\nmore'), /by the system because memory ran out\. It said last: ready\.$/u);
    assert.equal(cut('no result'), 'The agent ended in the middle of its turn, without a result.');
    assert.equal(cut('exit code 3', 'no'), "The agent's turn ended as exit code 3: no.");
  });

  it('names what there is: a key alone, a command alone, or neither', () => {
    const said = ended('authentication_failed');
    assert.match(
      turnFailure(said, { ...claude, command: undefined, keys: ['K'] }).next,
      /^Sign Claude Code in: set K where/u,
    );
    assert.match(turnFailure(said, { ...claude, keys: [] }).next, /in: run `claude auth login` in a terminal/u);
    assert.match(turnFailure(said, { ...claude, command: undefined, keys: [] }).next, /: see its documentation, then/u);
  });
});
