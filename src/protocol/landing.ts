/** Schemas of landing and of removing sessions: what front ends show, and what they ask for. */
import * as z from 'zod';
import { landingStates, landingWays } from '../core/landing/state.ts';
import { bounded, errorSchema, identifier } from './schemas.ts';

/** A file on which both sides disagree. */
export const conflictSchema = z.object({
  path: z.string(),
  /** Git's word for it, e.g. `content`, `modify/delete`, `rename/delete`. */
  kind: z.string(),
  /** Git's sentences about this path. */
  messages: z.array(z.string()),
  /** The hunks in conflict with their markers (`<<<<<<<` the parent, `>>>>>>>` the session), cut at 16 KiB; absent for binary content. */
  hunks: z.string().optional(),
});
export type ConflictView = z.infer<typeof conflictSchema>;

/** What a gate said about the merged result. `tree` is what it was shown. */
export const evidenceSchema = z.object({
  command: z.array(z.string()),
  tree: z.string(),
  passed: z.boolean(),
  /** Exit code; null when it was ended (time limit, signal). */
  code: z.number().nullable(),
  ms: z.number(),
  /** File with both of its output streams, on the engine's host. */
  output: z.string(),
});

/** One landing: work on its way home, or what became of it. Times are ISO 8601. */
export const landingSchema = z.object({
  id: z.string(),
  session: z.string(),
  title: z.string(),
  repository: z.string(),
  way: z.enum(landingWays),
  /** The branch that it comes home to. */
  target: z.string(),
  /** The landing that this one takes back. */
  reverts: z.string().optional(),
  /** The landing that took this one back. */
  revertedBy: z.string().optional(),
  state: z.enum(landingStates),
  /** Place among the landings of its repository that are under way, 1 = next. */
  position: z.number().optional(),
  /** Why it waits, in a sentence; it goes on by itself when that is over. */
  held: z.string().optional(),
  by: z.string(),
  requestedAt: z.string(),
  endedAt: z.string().optional(),
  /** Commits of the session's branch (or, when it takes back, of the landing that it takes back). */
  tip: z.string().optional(),
  /** Where the target was and, once landed, where it is. */
  from: z.string().optional(),
  commit: z.string().optional(),
  evidence: z.array(evidenceSchema),
  conflicts: z.array(conflictSchema).optional(),
  error: errorSchema.optional(),
});
export type LandingView = z.infer<typeof landingSchema>;

const changedFile = z.object({
  path: z.string(),
  kind: z.enum(['added', 'modified', 'deleted', 'type-changed']),
  /** Lines; absent for binary content. */
  insertions: z.number().optional(),
  deletions: z.number().optional(),
});

export const landingPreviewSchema = z.object({
  session: z.string(),
  way: z.enum(landingWays),
  target: z.string(),
  /** Landing there is a person's explicit act. */
  defaultBranch: z.boolean(),
  /** Where the target is at present. */
  targetCommit: z.string(),
  tip: z.string(),
  /** Id of the merged tree; absent with conflicts. */
  tree: z.string().optional(),
  /** The target would not change. */
  nothing: z.boolean(),
  conflicts: z.array(conflictSchema),
  /** For `session/continue`: tells the agent what is in conflict and how to resolve it. Only with conflicts. */
  conflictPrompt: z.string().optional(),
  /** What the target would gain; `paths` has at most 1,000. */
  files: z.number(),
  insertions: z.number(),
  deletions: z.number(),
  paths: z.array(changedFile),
  commits: z.array(z.object({ id: z.string(), subject: z.string(), author: z.string() })),
  /** The message that a squash or merge gets unless another one is given. */
  message: z.string(),
  /** Changed files of the worktree that are not committed; they only land with `commit: true`. */
  uncommitted: z.number(),
  /** An implausibly large part of the files went since the session's work ended, and is not committed: it lands only with `deletions: true`. */
  lost: z.object({ gone: z.number(), of: z.number() }).optional(),
  /** Git is set to sign commits, which Coppice does not. */
  unsigned: z.boolean().default(false),
  /** Files of the work that the main checkout ignores and `.worktreeinclude` had copied: each only lands when it is named (`private`). */
  privateFiles: z.array(z.string()).default([]),
  /** Where the target is checked out, and why the landing would wait there. */
  checkout: z.object({ path: z.string(), waits: z.string().optional() }).optional(),
  /** The gates that will run on the merged result, each a program with its arguments. */
  gates: z.array(z.array(z.string())),
});
export type LandingPreview = z.infer<typeof landingPreviewSchema>;

const side = z.string().optional();

/** Requests about landing. */
export const landingRequests = {
  /** What landing would do at present. Changes nothing. */
  'landing/preview': {
    params: z.object({
      session: identifier,
      way: z.enum(landingWays).default('squash'),
      /** Default: the parent session's branch, else the branch that the worktree was made from. */
      into: identifier.optional(),
    }),
    result: landingPreviewSchema,
  },
  /** The texts of one file in conflict, for a merge editor; a side without the file, or with binary content, is absent. */
  'landing/conflict': {
    params: z.object({ session: identifier, path: identifier, into: identifier.optional() }),
    result: z.object({ base: side, target: side, session: side, merged: side }),
  },
  /** Joins the line of landings. Resolves when that is on record; `landing.*` records tell what becomes of it. */
  'landing/land': {
    params: z.object({
      session: identifier,
      way: z.enum(landingWays).default('squash'),
      message: bounded.text.min(1).optional(),
      into: identifier.optional(),
      /** Commits what is not committed on the session's branch first. */
      commit: z.boolean().default(false),
      /** Files of `preview.privateFiles` that a person said may land. */
      private: z.array(bounded.text.min(1)).max(1000).default([]),
      /** The files of `preview.lost` are meant to go, a person said. */
      deletions: z.boolean().default(false),
      /** The tip that the person has seen (`preview.tip`): another one is refused. */
      tip: identifier.optional(),
    }),
    result: z.object({ landing: landingSchema }),
  },
  /** Takes the session's last landing back by a generated commit, through the same line and gates. */
  'landing/revert': {
    params: z.object({ session: identifier, landing: identifier.optional(), message: bounded.text.min(1).optional() }),
    result: z.object({ landing: landingSchema }),
  },
  /** Takes a landing that has not landed yet out of the line. */
  'landing/withdraw': { params: z.object({ landing: identifier }), result: z.object({ landing: landingSchema }) },
  /** Landings that are under way, in order, or (`all`) every one, newest first. */
  'landing/queue': {
    params: z.object({
      path: identifier.optional(),
      session: identifier.optional(),
      all: z.boolean().default(false),
    }),
    result: z.object({ landings: z.array(landingSchema) }),
  },
} as const;
