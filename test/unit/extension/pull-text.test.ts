import assert from 'node:assert/strict';
import { doctorHint, pullFar, pullQuestion } from '../../../src/extension/commands/pull-text.ts';

const found = { endpoint: 'http://127.0.0.1:11434', installed: [], sentence: 'No model is installed.' };
const progress = { pull: 'p', status: '', completed: 0, total: 0 };

describe('what is said of fetching a model', () => {
  it('is its size where that is known, and which model reviews, or why none does', () => {
    const { question, detail } = pullQuestion({ ...found, offer: { name: 'qwen2.5-coder:7b', bytes: 4.7e9 } });
    assert.equal(question, 'Pull qwen2.5-coder:7b (4.7 GB)?');
    assert.match(detail, /server at http:\/\/127\.0\.0\.1:11434\.\n\nNo model is installed\.$/u);
    const set = 'No model is asked: `supervision.model` is none.';
    assert.ok(pullQuestion({ ...found, offer: { name: 'a', bytes: 1e6 }, sentence: set }).detail.endsWith(set));
    const unknown = pullQuestion({ ...found, offer: { name: 'foo' } });
    assert.equal(unknown.question, 'Pull foo? Its size is told when it begins.');
    assert.doesNotMatch(`${unknown.question} ${unknown.detail}`, /\b0 MB|memory/u);
    const there = { ...found, installed: [{ name: 'foo', bytes: 1 }], offer: { name: 'foo' } };
    assert.equal(pullQuestion(there).question, 'Pull foo once more?');
  });

  it('is how far it is, and what the server says is no link and one line', () => {
    assert.equal(pullFar({ ...progress, completed: 1e9, total: 4e9 }), '1.0 GB of 4.0 GB');
    const said = pullFar({ ...progress, status: 'see\n[this](command:workbench.action.quit)' });
    assert.doesNotMatch(said, /\]\(|\n/u);
  });

  it('is offered by the doctor only where its row does it', () => {
    assert.match(doctorHint([{ name: 'model', ok: false }]), /pull/u);
    for (const checks of [[], [{ name: 'model', ok: true }], [{ name: 'git', ok: false }]])
      assert.equal(doctorHint(checks), 'Choose a line to copy what to do');
  });
});
