import assert from 'node:assert/strict';
import { sessionDetail } from '../../../src/engine/sessions/views.ts';
import { limits, newSession, World } from '../core/world.ts';

describe('what a session waits for while a settings file has a mistake', () => {
  it('is told also while its agent works, and no longer once that is corrected', () => {
    const world = new World();
    newSession(world.ledger, 's');
    world.schedule();
    while (world.ledger.get('s').turn === undefined) {
      if (world.step('s').do === 'wait') world.take('s');
    }
    const session = world.ledger.get('s');
    const extra = { activity: undefined, stream: '', watch: undefined, overlaps: [], pushing: false } as const;
    const doubt = (mistake: string | undefined): string | undefined =>
      sessionDetail(session, [session], limits, { ...extra, mistake, metered: () => false }).doubt;
    const problem = 'config.yaml:3:1: unknown setting "limit".';
    assert.match(doubt(problem) ?? '', /^config\.yaml:3:1: unknown setting "limit"\. Correct that: /);
    assert.equal(doubt(undefined), undefined);
  });
});
