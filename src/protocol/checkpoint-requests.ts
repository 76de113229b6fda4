/** Requests about the states of a session's files: checkpoints, what lies between them, and rollbacks. */
import * as z from 'zod';
import {
  checkpointSchema,
  chosenHunksSchema,
  diffSummarySchema,
  fileContentSchema,
  hunkSchema,
  restorePreviewSchema,
  restoreResultSchema,
  sideSchema,
} from './diff-schemas.ts';
import { treePathSchema } from './paths.ts';
import { identifier } from './schemas.ts';

export const checkpointRequests = {
  /** The checkpoints of a session, oldest first. */
  'checkpoint/list': {
    params: z.object({ session: identifier }),
    result: z.object({ session: z.string(), checkpoints: z.array(checkpointSchema) }),
  },
  /**
   * Takes a checkpoint of the files as they are, also while an agent is at work on them, and answers with it. It is kept for good.
   * With the id of one that was taken, it answers with that one.
   */
  'checkpoint/take': {
    params: z.object({
      session: identifier,
      /** A UUID. */
      id: identifier.optional(),
      name: z.string().min(1).max(200).optional(),
    }),
    result: checkpointSchema,
  },
  /** Names a checkpoint, which keeps it for good. */
  'checkpoint/name': {
    params: z.object({ session: identifier, n: z.number().int().min(0), name: z.string().min(1).max(200) }),
    result: checkpointSchema,
  },
  /** What changed between two states of a session's files. A moved file is one entry with its old path. */
  'diff/summary': {
    params: z.object({
      session: identifier,
      from: sideSchema.default('base'),
      to: sideSchema.default('worktree'),
      limit: z.number().int().min(0).max(50_000).default(5000),
    }),
    result: diffSummarySchema,
  },
  /** One file at one side, as it is or would be in the worktree (line endings and confirmed filters included). */
  'diff/file': {
    params: z.object({
      session: identifier,
      side: sideSchema,
      path: treePathSchema,
      maxBytes: z
        .number()
        .int()
        .min(0)
        .max(16 * 1024 * 1024)
        .default(4 * 1024 * 1024),
    }),
    result: fileContentSchema,
  },
  /** The single changes of one file between two states, in order; `whole` says why a file has none to choose from. */
  'diff/hunks': {
    params: z.object({ session: identifier, from: sideSchema, to: sideSchema, path: treePathSchema }),
    result: z.object({
      /** Trees that were compared. */
      from: z.string(),
      to: z.string(),
      hunks: z.array(hunkSchema),
      whole: z.string().optional(),
    }),
  },
  /** What a rollback to a checkpoint would change. Nothing is done. */
  'restore/preview': {
    params: z.object({ session: identifier, to: z.number().int().min(0) }),
    result: restorePreviewSchema,
  },
  /**
   * Rolls the files of a session back, as a whole or in parts, and answers when it is done. The state before is kept as a
   * checkpoint first. With the id of a rollback that was done, it answers how that one ended.
   */
  'restore/apply': {
    params: z.object({
      session: identifier,
      to: z.number().int().min(0),
      /** A UUID. */
      id: identifier.optional(),
      /** Files and folders. Everything, when neither these nor `hunks` are given. */
      paths: z.array(treePathSchema).max(50_000).optional(),
      hunks: z.array(chosenHunksSchema).max(10_000).optional(),
      /** `now` of the preview on which the choice was made; needed for `hunks`. */
      expect: identifier.optional(),
      /** The conversation with the agent goes back, too: the next prompt is given where it stood then. */
      conversation: z.boolean().optional(),
      /** Interrupts an agent at work instead of refusing. */
      pause: z.boolean().default(false),
    }),
    result: restoreResultSchema,
  },
  /** Takes the last rollback back: the files that it changed, and nothing else. Itself a rollback. */
  'restore/undo': {
    params: z.object({ session: identifier, id: identifier.optional(), pause: z.boolean().default(false) }),
    result: restoreResultSchema,
  },
} as const;
