/** Schemas of reviewing a session's changes: comments on lines, and files that were ticked as reviewed. */
import * as z from 'zod';
import { commentStates } from '../core/review/commands.ts';
import { treePathSchema } from './paths.ts';
import { identifier, requesterSchema, sessionSchema, verdictSchema } from './schemas.ts';

const line = z.number().int().min(1).max(10_000_000);
const said = z.string().trim().min(1).max(20_000);

/** Lines of a file, from 1, with their text as the person saw it. */
const anchorSchema = z
  .object({ path: treePathSchema, start: line, end: line, quote: z.string().max(20_000) })
  .refine(({ start, end }) => start <= end, 'The last line comes before the first.');

/** One comment. Times are ISO 8601. */
export const commentSchema = z.object({
  id: z.string(),
  path: treePathSchema,
  start: z.number(),
  end: z.number(),
  quote: z.string(),
  text: z.string(),
  by: z.string(),
  at: z.string(),
  state: z.enum(commentStates),
  /** The prompt with which the agent got it. */
  prompt: z.number().optional(),
});
export type CommentView = z.infer<typeof commentSchema>;

/** Git's blob id of the content that was reviewed; null for a deleted file. */
const contentSchema = z.string().max(128).nullable();

export const reviewSchema = z.object({
  session: z.string(),
  comments: z.array(commentSchema),
  ticks: z.array(z.object({ path: treePathSchema, content: contentSchema })),
});
export type ReviewView = z.infer<typeof reviewSchema>;

/** Requests about reviews. Each answers with the review as it then is. */
export const reviewRequests = {
  'review/show': { params: z.object({ session: identifier }), result: reviewSchema },
  /** `id` is a UUID of the front end: asked again with it, the comment is there once. */
  'review/comment': {
    params: z.object({ session: identifier, id: identifier, anchor: anchorSchema, text: said }),
    result: reviewSchema,
  },
  'review/edit': { params: z.object({ session: identifier, comment: identifier, text: said }), result: reviewSchema },
  'review/resolve': {
    params: z.object({ session: identifier, comment: identifier, resolved: z.boolean() }),
    result: reviewSchema,
  },
  'review/delete': { params: z.object({ session: identifier, comment: identifier }), result: reviewSchema },
  /** Ticks a file, for exactly that content; without `content` the tick is taken back. */
  'review/tick': {
    params: z.object({ session: identifier, path: treePathSchema, content: contentSchema.optional() }),
    result: reviewSchema,
  },
  /** Makes the open comments (or those that are named) the session's next prompt. */
  'review/send': {
    params: z.object({
      session: identifier,
      comments: z.array(identifier).min(1).max(500).optional(),
      /** Said before the comments. */
      note: said.optional(),
      steer: z.boolean().default(false),
      requester: requesterSchema,
      /** See `session/continue`. */
      key: z.uuid().optional(),
    }),
    result: z.object({ verdict: verdictSchema, session: sessionSchema, review: reviewSchema }),
  },
} as const;
