import { InvalidArgumentError } from 'commander';

/** The number of a checkpoint as typed. Throws commander's error for anything else. */
export function checkpointNumber(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It is the number of a checkpoint, see `coppice checkpoints`.');
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
