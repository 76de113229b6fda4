import type { LostFiles } from '../../core/checkpoint/loss.ts';
import type { Checkpoint } from '../../core/checkpoint/state.ts';
import type { RestoreRequest } from '../../core/restore/state.ts';
import type { Place, Session } from '../../core/session/state.ts';
import type { ChangedFile } from '../../core/supervision/tests.ts';

/** What was captured, as git holds it. */
export interface Captured {
  readonly tree: string;
  readonly commit: string;
  readonly head: string;
  readonly exact?: { readonly commit: string; readonly tree: string };
  readonly remarks: readonly string[];
}

/** Which checkpoint is taken, and how. */
export interface TakeOptions {
  readonly n: number;
  readonly intent: string;
  readonly parent: Checkpoint | undefined;
  readonly full: boolean;
}

/** What the session loop needs to keep states of a worktree's files; the composition root makes it from the room `git`. */
export interface CheckpointPlace {
  /**
   * The files at the moment when the session got its worktree. In one that was made for it just now, nobody has been: then
   * nothing is read.
   */
  begin(session: Session, place: Place, intent: string, untouched: boolean): Promise<Captured>;
  /**
   * The files as they are, under the number `n`; once per `intent`. `parent` is the newest checkpoint. With `full` every file
   * is looked at; else only those that somebody saw being touched since `parent`, where that is known for sure.
   */
  take(session: Session, place: Place, options: TakeOptions): Promise<Captured>;
  /** The tree of the files as they are, every one of them looked at. */
  look(session: Session, place: Place): Promise<string>;
  /** The same, with what `meanwhile` gives, which is begun when the look is under way: its process is never made behind another one. */
  lookBeside<T>(
    session: Session,
    place: Place,
    meanwhile: () => Promise<T>,
  ): Promise<readonly [tree: string, beside: T]>;
  /**
   * The same, or the tree of the look before if that was a moment ago and the watch, without a gap, has seen nothing written since.
   */
  lookAgain(session: Session, place: Place): Promise<string>;
  /** Whether anything outside of Coppice's own files differs between two trees. */
  differs(session: Session, from: string, to: string): Promise<boolean>;
  /** The files that are gone between two trees and not there either, outside of Coppice's own; undefined when they are no implausible loss. */
  lost(session: Session, place: Place, from: string, to: string): Promise<LostFiles | undefined>;
  /** The paths that differ between two trees, outside of Coppice's own files. */
  paths(session: Session, from: string, to: string): Promise<readonly string[]>;
  /** The files that differ between two trees or commits, outside of Coppice's own, with their counts of lines. */
  changed(session: Session, from: string, to: string): Promise<readonly ChangedFile[]>;
  /** The same as a patch for people and models to read; cut at `maxBytes`, which its last line says. */
  patch(session: Session, from: string, to: string, maxBytes: number): Promise<string>;
  /**
   * Decides what a rollback does, and keeps the state that it makes under the number `n`, before any file is touched. Without
   * anything to do it keeps nothing.
   */
  plan(session: Session, place: Place, rollback: Rollback): Promise<Planned>;
  /** The same after a kill: what is left to do of it. `now` is the state that was found. */
  planAgain(session: Session, place: Place, rollback: Unfinished): Promise<Planned>;
  /** Does what was planned, to the files alone. Repeating it is harmless. */
  carryOut(session: Session, place: Place, planned: Planned): Promise<void>;
  /** Takes the ref of a checkpoint away that the journal has no more. */
  drop(session: Session, checkpoint: Checkpoint): Promise<void>;
  /** A number that no ref of the session has, when the next one in the journal is taken. */
  free(session: Session): Promise<number>;
}

/** A rollback to be planned: from the present state, `now`, towards `target`. */
export interface Rollback {
  readonly n: number;
  readonly intent: string;
  readonly now: CheckpointFiles;
  readonly target: CheckpointFiles;
  /** Only what differs between this state and `target`. */
  readonly since?: CheckpointFiles;
  readonly request: Pick<RestoreRequest, 'paths' | 'hunks' | 'gone'>;
}

/** A rollback that was cut short: from `before` towards `wanted`. */
export interface Unfinished {
  readonly n: number;
  readonly intent: string;
  readonly now: CheckpointFiles;
  readonly before: CheckpointFiles;
  /** What it goes back to; undefined where that was what a rollback had been made from. */
  readonly target?: CheckpointFiles;
  readonly wanted: Pick<Checkpoint, 'tree' | 'exact'>;
}

/** The files of a checkpoint. */
export type CheckpointFiles = Pick<Checkpoint, 'tree' | 'commit' | 'head' | 'exact'>;

/** What a rollback does. `commit` and `tree` are the state that it makes. */
export interface Planned {
  readonly moves: readonly FileMove[];
  readonly tree: string;
  readonly commit: string;
  readonly exact?: { readonly commit: string; readonly tree: string };
}

/** What happens to one file; an absent side is a file that is not there. */
export interface FileMove {
  readonly path: string;
  readonly from?: { readonly mode: string; readonly id: string };
  readonly to?: { readonly mode: string; readonly id: string };
  /** Id of the bytes to write where `to` would not give them back. */
  readonly exact?: string;
  readonly fromExact?: string;
  /** Nothing happens to the file; the state after does not have it, since git ignores it there. */
  readonly stays?: true;
}
