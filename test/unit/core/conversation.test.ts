import assert from 'node:assert/strict';
import type { ConversationPoint } from '../../../src/core/checkpoint/state.ts';
import { conversationWay, rewindTo, spoken } from '../../../src/core/restore/conversation.ts';
import type { Session } from '../../../src/core/session/state.ts';
import { newSession, World } from './world.ts';

function session(changes: Partial<Session> = {}): Session {
  const world = new World();
  newSession(world.ledger, 'a', { prompt: 'mend it' });
  const turnNotes = [
    { n: 1, about: 'mend it', startedAt: 1, outcome: 'success' as const },
    { n: 2, about: 'and test it', startedAt: 2, outcome: 'failed' as const },
    { n: 3, about: 'forget me', startedAt: 3 },
  ];
  return { ...world.ledger.get('a'), agentSession: 's', position: 'p3', turns: 3, turnNotes, ...changes };
}

const point = (turns: number, changes: Partial<ConversationPoint> = {}): ConversationPoint => {
  return { offset: 0, prompts: turns, turns, agentSession: 's', position: `p${turns}`, ...changes };
};

describe('the way back of a conversation', () => {
  it('is none where nothing was said since', () => {
    assert.equal(conversationWay(session(), point(3), true), 'same');
    assert.equal(conversationWay(session({ turns: 0 }), { offset: 0, prompts: 0, turns: 0 }, true), 'same');
  });

  it('is the agent’s own where it can and knows the place, else an account', () => {
    assert.equal(conversationWay(session(), point(2), true), 'resume');
    assert.equal(conversationWay(session(), point(2), false), 'summary');
    assert.equal(conversationWay(session(), { offset: 0, prompts: 2, turns: 2, agentSession: 's' }, true), 'summary');
    assert.equal(conversationWay(session(), point(0), true), 'fresh');
  });

  it('leads back again after a rollback, whether an agent was heard since or not', () => {
    const rewound = { from: { agentSession: 's', position: 'p1' } };
    const back = session({ rewound, position: 'p1' });
    assert.equal(conversationWay(back, point(1), true), 'same');
    assert.equal(conversationWay(back, point(3), true), 'resume', 'as many turns, but rolled back');
    assert.equal(
      conversationWay(session({ agentSession: 'copy', turns: 4, position: 'p2' }), point(3), true),
      'resume',
    );
  });

  it('tells what people asked before that point, once, and nothing of what came later', () => {
    const rewound = rewindTo(session(), point(2), 'summary');
    const text = spoken(session({ ...(rewound === undefined ? {} : { rewound }) }), 'go on');
    assert.match(text, /It began with:\nmend it\n/);
    assert.match(text, /1\. mend it \(success\)\n2\. and test it \(failed\)\n/);
    assert.doesNotMatch(text, /forget me/);
    assert.ok(text.endsWith('\n\ngo on'));
    assert.equal(spoken(session(), 'go on'), 'go on');
    assert.deepEqual(rewindTo(session(), point(2), 'resume'), { from: { agentSession: 's', position: 'p2' } });
    assert.deepEqual(rewindTo(session(), point(0), 'fresh'), {});
    assert.equal(rewindTo(session(), point(3), 'same'), undefined);
  });
});
