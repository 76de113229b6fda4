import { tellError } from '../commands/tell-error.ts';
import type { Contribution } from '../contribution.ts';
import type { ErrorCode } from '../../core/errors.ts';

/** That an engine is gone is shown by one quiet line, and mends itself. */
const passing: ReadonlySet<ErrorCode> = new Set(['unreachable', 'unknown-outcome', 'engine-busy', 'timed-out']);

/** Explains, once, what will not mend itself: an engine of another version, a data directory that cannot be used. */
export const engineTrouble: Contribution = {
  name: 'Trouble with the engine',
  register({ link, log }) {
    let told: string | undefined;
    return link.onState((state) => {
      if (state.status === 'connected') told = undefined;
      if (state.status !== 'away' || passing.has(state.problem.code) || state.problem.message === told) return;
      told = state.problem.message;
      tellError(state.problem, log).catch((error: unknown) => log.error('An error could not be told.', error));
    });
  },
};
