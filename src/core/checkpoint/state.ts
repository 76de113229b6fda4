import type { Usage } from '../agent/usage.ts';
import type { ErrorRecord } from '../errors.ts';
import type { Priority } from '../session/state.ts';

/** Why a checkpoint was taken. `restore` is taken around every rollback, so that each can itself be rolled back. */
export const checkpointKinds = ['session-start', 'turn-start', 'turn-end', 'tool', 'gate', 'restore', 'named'] as const;
export type CheckpointKind = (typeof checkpointKinds)[number];

/**
 * A tool before which a checkpoint was taken. `held`: its agent waited until it was taken, so the tool had not begun. Else the
 * state is that of the moment at which the use was seen: what the tool had done by then is in it.
 */
export interface ToolMark {
  readonly name: string;
  readonly held: boolean;
}

/** Where the conversation stood. `offset` is in bytes of the session's stream. */
export interface ConversationPoint {
  /** The agent's own id of the conversation. */
  readonly agentSession?: string;
  /** The agent's own name of the place in it, at the end of the last turn. */
  readonly position?: string;
  readonly offset: number;
  /** Prompts that had been given or were about to be. */
  readonly prompts: number;
  readonly turns: number;
}

/** Everything about a checkpoint that is decided when it is taken. All ids of git are full. */
export interface CheckpointRecord {
  /** 0, 1, 2 … within the session; a number is never used again. */
  readonly n: number;
  readonly kind: CheckpointKind;
  /** Tree of the files: untracked ones in, ignored ones out. */
  readonly tree: string;
  /** What `refs/coppice/<session>/<n>` was set to; its parents hold HEAD and what a tree alone cannot hold. */
  readonly commit: string;
  /** HEAD of the worktree. */
  readonly head: string;
  /** Exact bytes of files that `tree` would not give back as they were. */
  readonly exact?: { readonly commit: string; readonly tree: string };
  /** The checkpoint before it; null for the first. */
  readonly parent: number | null;
  /** The files differ from those of `parent`. */
  readonly changed: boolean;
  /** They were changed while no agent was at work. */
  readonly byPerson: boolean;
  readonly conversation: ConversationPoint;
  /** What the session had consumed. */
  readonly usage: Usage;
  readonly queue: { readonly priority: Priority; readonly place?: number };
  /** The last turn whose end this is a state after; 0 before the first. */
  readonly turn: number;
  /** The last prompt whose turn this is a state before; absent when none was about to begin. */
  readonly prompt?: number;
  /** Requests of the agent that waited for an answer, when it was taken for them (`tool`). */
  readonly requests?: readonly string[];
  /** The wish of a person that it was taken for (`named`). */
  readonly wish?: string;
  /** Dangerous uses of tools that did not ask, when it was taken for them (`tool`). */
  readonly uses?: readonly string[];
  /** The tools before which it was taken. */
  readonly tools?: readonly ToolMark[];
  /** For `gate`: the tree about which gates were to be asked; not `tree` when files were changed in that moment. */
  readonly gate?: { readonly tree: string };
  /** For `restore`: the state before or after the rollback to checkpoint `to`; `automatic`: nobody asked for it. */
  readonly restore?: { readonly to: number; readonly side: 'before' | 'after'; readonly automatic?: true };
  /** Sentences about what of the worktree is not in it. */
  readonly remarks?: readonly string[];
}

/** A checkpoint with its identity. `at` is in milliseconds since 1970. */
export interface Checkpoint extends CheckpointRecord {
  /** `<session>/<n>` */
  readonly id: string;
  readonly session: string;
  readonly at: number;
  /** Given by a person; a named one is kept. */
  readonly name?: string;
}

/** The id of a checkpoint. */
export function checkpointId(session: string, n: number): string {
  return `${session}/${n}`;
}

/** What a session knows of its checkpoints: the newest, and what they cover. */
export interface Coverage {
  /** Number of the newest; the next one is higher. */
  readonly n: number;
  readonly tree: string;
  readonly head: string;
  /** The last turn whose end is covered, or could not be. */
  readonly turn: number;
  /** The last prompt whose beginning is covered. */
  readonly prompt: number;
  /** The tree that gates were last asked about, and that is kept as a checkpoint or could not be. */
  readonly gate?: string;
}

/** A checkpoint that a person wants. `id` is a UUID: asking with the same one again is the same wish. */
export interface Wish {
  readonly id: string;
  readonly name?: string;
}

/** A checkpoint that is due. */
export type Due =
  | { readonly kind: 'turn-start'; readonly prompt: number }
  | { readonly kind: 'turn-end'; readonly turn: number; readonly prompt?: number }
  | { readonly kind: 'tool'; readonly requests: readonly string[]; readonly uses: readonly string[] }
  | { readonly kind: 'named'; readonly wish: Wish }
  /** `turn` is absent when a person has the work at rest checked. */
  | { readonly kind: 'gate'; readonly gate: { readonly tree: string }; readonly turn?: number };

/** Data of the events of checkpoints. */
export interface CheckpointEvents {
  'checkpoint.requested': { session: string; wish: Wish };
  'checkpoint.made': { session: string; checkpoint: CheckpointRecord; intent?: string };
  /** One that was due could not be taken; the work goes on without it. */
  'checkpoint.failed': {
    session: string;
    kind: CheckpointKind;
    turn?: number;
    requests?: readonly string[];
    uses?: readonly string[];
    wish?: string;
    gate?: { readonly tree: string };
    error: ErrorRecord;
    intent?: string;
  };
  /** Gates are to be asked about exactly its files: it is that of them from here on. */
  'checkpoint.gated': { session: string; n: number; tree: string };
  'checkpoint.named': { session: string; n: number; name: string };
  /** Its ref is gone. */
  'checkpoint.pruned': { session: string; n: number; reason: string };
}
