import assert from 'node:assert/strict';
import { Answers } from '../../../src/engine/sessions/answers.ts';
import { withResolvers } from '../../../src/protocol/client/deadline.ts';

describe('answers to requests for work', () => {
  it('come before what they make necessary, all of them, also one that is an error', async () => {
    const answers = new Answers();
    const said: string[] = [];
    const [first, second] = [withResolvers<string>(), withResolvers<string>()];
    const one = answers.during(() => first.promise).then((word) => said.push(word));
    const other = answers.during(() => second.promise).catch(() => said.push('other'));
    const work = answers.given().then(() => said.push('work'));
    first.resolve('one');
    await one;
    second.reject(new Error('refused'));
    await Promise.all([other, work]);
    assert.deepEqual(said, ['one', 'other', 'work']);
    await answers.given();
  });

  it('hold nothing up for long', async () => {
    const answers = new Answers();
    const late = withResolvers<string>();
    const open = answers.during(() => late.promise);
    await answers.given();
    late.resolve('late');
    assert.equal(await open, 'late');
  });
});
