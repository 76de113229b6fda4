/** Schemas of what is known of a worktree's files while a session works, and of the conflict radar. */
import * as z from 'zod';
import { changeKinds, watchModes } from '../core/watch/state.ts';
import { treePathSchema } from './paths.ts';

/**
 * One changed file. Hashes are git's blob ids of the bytes on the disk: null when there is no file, absent when it was not
 * computed (too large, a storm).
 */
export const fileChangeSchema = z.object({
  path: treePathSchema,
  kind: z.enum(changeKinds),
  /** Where a renamed file was. */
  from: treePathSchema.optional(),
  before: z.string().nullable().optional(),
  after: z.string().nullable().optional(),
  /** Bytes; of a file that is there. */
  size: z.number().optional(),
});
export type FileChangeView = z.infer<typeof fileChangeSchema>;

const countsSchema = z.object({
  created: z.number(),
  modified: z.number(),
  deleted: z.number(),
  renamed: z.number(),
});

/** How a session's worktree is watched and what changed in it since that began. Times are ISO 8601. */
export const watchSchema = z.object({
  worktree: z.string(),
  /** `polling`: the system cannot report changes (`why`), so files are looked at from time to time. */
  mode: z.enum(watchModes),
  why: z.string().optional(),
  since: z.string(),
  counts: countsSchema,
  /** The last changes, oldest first. */
  recent: z.array(fileChangeSchema),
  changedAt: z.string().optional(),
  /** How often changes may have been missed. */
  gaps: z.number(),
  lastGap: z.object({ at: z.string(), why: z.string() }).optional(),
});
export type WatchView = z.infer<typeof watchSchema>;

/** News of a session's files: one batch, in the order of the journal. Of a storm `changes` holds a sample. */
export const changesNoticeSchema = z.object({
  subscription: z.number(),
  session: z.string(),
  mode: z.enum(watchModes),
  counts: countsSchema,
  changes: z.array(fileChangeSchema),
  /** Why changes may have been missed. */
  gap: z.string().optional(),
});

/** Lines of a file on one side: the first is counted from 1; none, where lines were taken out. */
const rangeSchema = z.object({
  start: z.number(),
  lines: z.number(),
  /** The lines themselves, at most 50; absent while this engine has not looked at them. */
  text: z.array(z.string()).optional(),
});
export type RangeView = z.infer<typeof rangeSchema>;

export const overlapFileSchema = z.object({
  path: treePathSchema,
  /** git's word for it, e.g. `CONFLICT (contents)`. */
  kind: z.string(),
  /** Empty when lines cannot tell it (a deletion, a binary or very large file). */
  hunks: z.array(z.object({ ours: rangeSchema, theirs: rangeSchema })),
});

const overlapSessionSchema = z.object({ session: z.string(), worktree: z.string() });

/** Two sides that cannot be merged as their files are at the moment. Times are ISO 8601. */
export const overlapSchema = z.object({
  id: z.string(),
  repository: z.string(),
  ours: overlapSessionSchema,
  theirs: z.union([overlapSessionSchema, z.object({ base: z.string(), commit: z.string() })]),
  files: z.array(overlapFileSchema),
  /** Files beyond those that are listed. */
  more: z.number(),
  since: z.string(),
  changedAt: z.string(),
});
export type OverlapView = z.infer<typeof overlapSchema>;
