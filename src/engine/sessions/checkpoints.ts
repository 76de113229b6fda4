import type { Checkpoint } from '../../core/checkpoint/state.ts';
import type { Place, Session } from '../../core/session/state.ts';

/** What was captured, as git holds it. */
export interface Captured {
  readonly tree: string;
  readonly commit: string;
  readonly head: string;
  readonly remarks: readonly string[];
}

/** What the session loop needs to keep states of a worktree's files; the composition root makes it from the room `git`. */
export interface CheckpointPlace {
  /**
   * The files at the moment when the session got its worktree. In one that was made for it just now, nobody has been: then
   * nothing is read.
   */
  begin(session: Session, place: Place, intent: string, untouched: boolean): Promise<Captured>;
  /** The files as they are, under the number `n`; once per `intent`. `parent` is the newest checkpoint. */
  take(
    session: Session,
    place: Place,
    options: { readonly n: number; readonly intent: string; readonly parent: Checkpoint | undefined },
  ): Promise<Captured>;
  /** Whether anything outside of Coppice's own files differs between two trees. */
  differs(session: Session, from: string, to: string): Promise<boolean>;
  /** A number that no ref of the session has, when the next one in the journal is taken. */
  free(session: Session): Promise<number>;
}
