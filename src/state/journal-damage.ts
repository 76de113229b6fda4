import { CoppiceError } from '../core/errors.ts';

/** Where and how a journal cannot be read on. */
export interface Damage {
  /** `newer`: written by a later version of Coppice, and sound as far as can be told. */
  readonly fault: 'damaged' | 'newer';
  /** File name of the segment. */
  readonly segment: string;
  /** Line in the segment, from 1. Line 1 is the segment's header. */
  readonly line: number;
  /** The record that was expected there. */
  readonly seq: number;
  /** A clause without an end, e.g. `the line does not match its hash`. */
  readonly reason: string;
}

/** Damage as the error a person meets. */
export function damageError({ fault, segment, line, seq, reason }: Damage): CoppiceError {
  const place = `segment ${segment}, line ${line}, record ${seq}`;
  const context = { segment, line: String(line), seq: String(seq) };
  if (fault === 'newer') {
    return new CoppiceError(
      'version-mismatch',
      `The journal was written by a newer version of Coppice (${place}: ${reason}), so it is open for reading only.`,
      'Install the newer version to go on writing.',
      { context },
    );
  }
  return new CoppiceError(
    'corrupt',
    `The journal is damaged at ${place}: ${reason}. It is open for reading only, up to there, and was not changed.`,
    'Copy the data directory aside, then restore the journal from a backup; `coppice audit verify` checks it.',
    { context },
  );
}
