/** Sessions of long ago in a machine's journal: as many as are wanted, without running any. */
import { coppiceDomain } from '../../../src/core/coppice-domain.ts';
import { StateManager } from '../../../src/state/state-manager.ts';
import { addSessions } from '../../../bench/support/sessions.ts';
import type { Machine } from '../../integration/cli/machine.ts';

/** Writes sessions of the machine's repository; before its engine is started. */
export async function seedSessions(machine: Machine, sessions: number): Promise<void> {
  const state = await StateManager.open({
    home: machine.env['COPPICE_HOME'] ?? '',
    domain: coppiceDomain,
    clock: Date.now,
  });
  try {
    await addSessions(state, { sessions, live: 0, root: machine.repo });
  } finally {
    await state.close();
  }
}
