import { back, type Back } from './back.ts';

/**
 * One step of a dialogue. It gets the state with what other steps gave, also what it gave itself before the user came back to
 * it.
 */
export interface Asked<S> {
  /** Asks, and gives the changed state; `back` to return to the step before. */
  readonly ask: (state: S, place: { readonly first: boolean }) => Promise<S | Back>;
  /** Whether there is something to ask; else the step is passed over, in both directions. */
  readonly applies: (state: S) => boolean;
}

/** Asks one step after the other, from a state to the one that the last step leaves. */
export async function runSteps<S>(begin: S, steps: readonly Asked<S>[]): Promise<S> {
  const done: number[] = [];
  let state = begin;
  let index = next(steps, 0, state);
  for (let step = steps[index]; step !== undefined; step = steps[index]) {
    const given = await step.ask(state, { first: done.length === 0 });
    if (given === back) index = done.pop() ?? index;
    else {
      done.push(index);
      state = given;
      index = next(steps, index + 1, state);
    }
  }
  return state;
}

function next<S>(steps: readonly Asked<S>[], from: number, state: S): number {
  const found = steps.findIndex((step, index) => index >= from && step.applies(state));
  return found < 0 ? steps.length : found;
}
