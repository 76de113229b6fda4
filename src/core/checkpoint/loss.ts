/** When so many of a worktree's files are gone after a turn that a person is asked before that becomes anybody's work. */
import { counted } from '../counted.ts';
import { CoppiceError, isCoppiceError, type Way } from '../errors.ts';
import type { Breakpoint, Session } from '../session/state.ts';

/** How many files are gone that were there before, of how many. One that was moved is not gone. */
export interface Loss {
  readonly gone: number;
  readonly of: number;
}

/** A loss with the paths of the files that are gone. */
export interface LostFiles extends Loss {
  readonly paths: readonly string[];
}

/**
 * A thousand files that go in one turn are asked about however large the project is: nobody reads such a list, and in a repository
 * of 50,000 files a whole package is less than a twentieth.
 */
const many = 1000;
/** Of fewer, more than half: work that is asked for takes files away one by one, and moves or replaces the rest. */
const some = 10;
/** Where there are only a few files, four in five: deleting two of three is ordinary work there, and `rm -rf *` leaves the hidden ones. */
const few = 3;

/** Whether this is more likely damage (`rm -rf`, a disk) than the work of one turn. */
export function isImplausible({ gone, of }: Loss): boolean {
  if (gone >= many) return true;
  return (gone >= some && gone * 2 > of) || (gone >= few && gone * 5 >= of * 4);
}

/**
 * The most files that there may have been for the loss of `gone` of them to be implausible: `Infinity` when it is so anyway, `-Infinity`
 * when it never is. Whoever counts the files can stop above it.
 */
export function mostStricken(gone: number): number {
  if (gone >= many) return Infinity;
  if (gone >= some) return gone * 2 - 1;
  return gone >= few ? Math.floor((gone * 5) / 4) : -Infinity;
}

/** For a sentence: `412 of 500 files`. */
export function lossText({ gone, of }: Loss): string {
  return `${gone} of ${counted(of, 'file')}`;
}

/** A question about lost files is answered by an answer alone: a prompt that comes meanwhile waits. */
export function isAboutLoss({ about }: Pick<Breakpoint, 'about'>): boolean {
  return about?.lost !== undefined;
}

/** Tree of a session's files as they were when its work ended or, where that could not be told, at its last checkpoint. */
export function lastSeen({ result, checkpoint }: Pick<Session, 'result' | 'checkpoint'>): string | undefined {
  return result?.changes?.tree ?? checkpoint?.tree;
}

/**
 * What a person can do about files that went since the work ended, for an error: bring them back from where they still are, or let
 * them go.
 */
export function afterLoss(
  session: Pick<Session, 'id' | 'result' | 'checkpoint' | 'restored' | 'endedAt'>,
): [next: string, { way: Way; context: Readonly<Record<string, string>> }] {
  const { id, checkpoint, restored, endedAt = 0 } = session;
  const rolledBack = restored?.after !== undefined && restored.error === undefined && restored.at >= endedAt;
  const isThere = checkpoint !== undefined && checkpoint.tree === lastSeen(session);
  const next = 'Bring them back, or land without them, if they are to go.';
  if (rolledBack) return [next, { way: 'undo-or-land', context: { session: id } }];
  const at = isThere ? { checkpoint: String(checkpoint.n) } : {};
  return [next, { way: 'roll-back-or-land', context: { session: id, ...at } }];
}

/** Why a landing did not commit: with lost files in the way it says what helps there, any other error stays as it is. */
export function landingLoss(error: Error, session: Parameters<typeof afterLoss>[0]): Error {
  if (!isCoppiceError(error) || error.context['finding'] !== 'files-lost') return error;
  const [next, { way, context }] = afterLoss(session);
  return new CoppiceError(error.code, error.message, next, {
    way,
    cause: error,
    context: { ...error.context, ...context },
  });
}
