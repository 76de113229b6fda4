/** Schemas of removing a session with its worktree, and of bringing it back. */
import * as z from 'zod';
import { identifier, sessionSchema } from './schemas.ts';

/** What a person may decide to remove a worktree in spite of. */
export const despiteSchema = z.enum(['changes', 'unpushed', 'repositories']);

/** What removing a session would take away. Nothing of it is lost: all but regenerable ignored files is kept. */
export const sessionFactsSchema = z.object({
  session: z.string(),
  /** Null for a session that has no worktree (any more). */
  worktree: z.string().nullable(),
  branch: z.string().nullable(),
  running: z.boolean(),
  /** Files that differ from the last commit, and how many of them git does not know. */
  changed: z.number(),
  untracked: z.number(),
  /** Ignored files and folders that no tool makes again. */
  ignored: z.array(z.string()),
  /** Repositories inside the worktree with work of their own. */
  repositories: z.array(z.string()),
  unpushed: z.number(),
  /** Commits that the branch it comes home to does not have. */
  unlanded: z.number(),
  /** Sentences about what is wrong with the worktree. */
  findings: z.array(z.string()),
  /** Sessions that work below this one, with whether theirs is landed. */
  children: z.array(z.object({ session: z.string(), title: z.string(), landed: z.boolean(), running: z.boolean() })),
  /** What has to be consented to (`force`), by name; empty when it can go as it is. */
  needs: z.array(despiteSchema),
  /** Why it cannot be removed at present, whatever is consented to. */
  refused: z.string().optional(),
  /** Tear-down commands that will run unless they are skipped. */
  teardown: z.array(z.string()),
});
export type SessionFacts = z.infer<typeof sessionFactsSchema>;

export const removalRequests = {
  'session/facts': { params: z.object({ session: identifier }), result: sessionFactsSchema },
  /** Two consents, apart: what the worktree holds may go (`force`), and its tear-down commands need not run. */
  'session/remove': {
    params: z.object({
      session: identifier,
      force: z.array(despiteSchema).default([]),
      skipTeardown: z.boolean().default(false),
    }),
    result: z.object({
      session: z.string(),
      /** The ref that keeps everything; null when there was no worktree. */
      kept: z.string().nullable(),
      /** Until when it can be brought back with every file, ISO 8601; its ref stays for longer. */
      until: z.string(),
    }),
  },
  'session/restore': { params: z.object({ session: identifier }), result: z.object({ session: sessionSchema }) },
  'session/rename': {
    params: z.object({ session: identifier, title: z.string().trim().min(1).max(200) }),
    result: z.object({ session: sessionSchema }),
  },
} as const;
