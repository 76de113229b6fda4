/** What crosses the wire about the files of a session: what changed, and what is in a file. */
import * as z from 'zod';
import { checkpointKinds } from '../core/checkpoint/state.ts';
import { conversationWays } from '../core/restore/conversation.ts';
import { priorities } from '../core/session/state.ts';
import { treePathSchema } from './paths.ts';
import { usageSchema } from './usage.ts';

/**
 * A state of a session's files: a checkpoint by its number, `base` (the commit that the work started from) or `worktree`
 * (the files as they are at the moment).
 */
export const sideSchema = z.union([z.enum(['base', 'worktree']), z.number().int().min(0)]);
export type Side = z.infer<typeof sideSchema>;

/** One checkpoint of a session. Times are ISO 8601. */
export const checkpointSchema = z.object({
  n: z.number(),
  kind: z.enum(checkpointKinds),
  at: z.string(),
  name: z.string().optional(),
  tree: z.string(),
  commit: z.string(),
  /** The checkpoint before it. */
  parent: z.number().nullable(),
  /** The files differ from those of `parent`. */
  changed: z.boolean(),
  /** They were changed while no agent was at work. */
  byPerson: z.boolean(),
  /** Turns that had ended. */
  turn: z.number(),
  /** The prompt whose turn begins from here. */
  prompt: z.number().optional(),
  conversation: z.object({
    agentSession: z.string().optional(),
    offset: z.number(),
    prompts: z.number(),
    turns: z.number(),
  }),
  usage: usageSchema,
  queue: z.object({ priority: z.enum(priorities), place: z.number().optional() }),
  /** For `restore`: the state before or after a rollback to checkpoint `to`; `automatic`: nobody asked for it. */
  restore: z
    .object({ to: z.number(), side: z.enum(['before', 'after']), automatic: z.literal(true).optional() })
    .optional(),
  /**
   * For `tool`: the tools before which it was taken. `held`: the agent waited, so the tool had not begun; else it is the state at the
   * moment at which its use was seen.
   */
  tools: z.array(z.object({ name: z.string(), held: z.boolean() })).optional(),
  remarks: z.array(z.string()),
});
export type CheckpointView = z.infer<typeof checkpointSchema>;

/** Git's mode (`100644`, `100755`, `120000` link, `160000` submodule) and the id of the content. */
const diffSideSchema = z.object({ mode: z.string(), id: z.string() });

export const fileDiffSchema = z.object({
  path: treePathSchema,
  status: z.enum(['added', 'modified', 'deleted', 'renamed', 'type-changed']),
  oldPath: treePathSchema.optional(),
  before: diffSideSchema.optional(),
  after: diffSideSchema.optional(),
  /** Lines; absent for binary content. */
  insertions: z.number().optional(),
  deletions: z.number().optional(),
  binary: z.boolean(),
});
export type FileDiffView = z.infer<typeof fileDiffSchema>;

export const diffSummarySchema = z.object({
  /** Ids of the two trees: equal ids mean equal files. */
  from: z.object({ side: sideSchema, tree: z.string() }),
  to: z.object({ side: sideSchema, tree: z.string() }),
  /** Of all files, also of those beyond `limit`. */
  total: z.object({ files: z.number(), insertions: z.number(), deletions: z.number() }),
  files: z.array(fileDiffSchema),
  /** Sentences about what of the worktree is not in the comparison. */
  remarks: z.array(z.string()),
});
export type DiffSummary = z.infer<typeof diffSummarySchema>;

/** The content of a path at one side. `size` is in bytes, of the whole content. */
export const fileContentSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('missing') }),
  z.object({ state: z.literal('too-large'), mode: z.string(), size: z.number() }),
  z.object({
    state: z.literal('there'),
    mode: z.string(),
    size: z.number(),
    /** `text`: `content` is the text (the bytes are valid UTF-8 without NUL); else it is base64. */
    encoding: z.enum(['text', 'base64']),
    content: z.string(),
  }),
]);
export type FileContent = z.infer<typeof fileContentSchema>;

/** One change within a file, without context. Lines count from 1; see `diff/hunks`. */
export const hunkSchema = z.object({
  oldStart: z.number(),
  oldLines: z.number(),
  newStart: z.number(),
  newLines: z.number(),
});

export const chosenHunksSchema = z.object({
  path: treePathSchema,
  /** By their number in the answer of `diff/hunks` from `worktree` to the checkpoint, from 0. */
  hunks: z.array(z.number().int().min(0)).max(100_000),
});

export const restorePreviewSchema = z.object({
  to: z.number(),
  /** Trees of the present files and of the wanted ones. The first is what `expect` of `restore/apply` takes. */
  now: z.string(),
  target: z.string(),
  /** What would change in the worktree; a moved file is one deleted and one added. */
  files: z.array(fileDiffSchema),
  /** Files that git ignores and that are in the way: a rollback of everything would be refused. */
  obstacles: z.array(treePathSchema),
  /** An agent is at work: it has to be paused first. */
  live: z.boolean(),
  /** How the conversation would get back to where it stood then; `same` when nothing was said since. */
  conversation: z.enum(conversationWays),
  remarks: z.array(z.string()),
});
export type RestorePreview = z.infer<typeof restorePreviewSchema>;

/** How a rollback ended. `before` and `after` are its checkpoints; both are absent when nothing was to be changed. */
export const restoreResultSchema = z.object({
  restore: z.string(),
  to: z.number(),
  files: z.number(),
  before: z.number().optional(),
  after: z.number().optional(),
  /** How the conversation went back, where that was asked for. */
  conversation: z.enum(conversationWays).optional(),
});
export type RestoreResult = z.infer<typeof restoreResultSchema>;
