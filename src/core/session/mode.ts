import type { Mode } from './state.ts';

/** Dispatch and interactive sessions have a person at the keyboard: they never wait and do not count (S1-28). */
export function queues(mode: Mode): boolean {
  return mode !== 'dispatch' && mode !== 'interactive';
}
