import * as z from 'zod';
import { breakpointRequests } from './breakpoints.ts';
import { checkpointRequests } from './checkpoint-requests.ts';
import { landingRequests } from './landing.ts';
import { modelProgress, modelRequests } from './models.ts';
import { removalRequests } from './removal.ts';
import { reviewRequests } from './review.ts';
import { supervisionRequests } from './supervision.ts';
import {
  answerSchema,
  bounded,
  checkSchema,
  createSchema,
  errorSchema,
  identifier,
  recordSchema,
  requesterSchema,
  resourcesSchema,
  sessionDetailSchema,
  sessionSchema,
  streamEventSchema,
  terminalSchema,
  trustSchema,
  verdictSchema,
  worktreeSchema,
} from './schemas.ts';
import { changesNoticeSchema, overlapSchema, watchSchema } from './watch.ts';

const none = z.object({});
const version = z.object({ major: z.number(), minor: z.number() });
const counts = z.object({ running: z.number(), queued: z.number(), needsYou: z.number(), total: z.number() });

/** Requests from a front end to the engine. Everything that comes in is parsed by `params` before a handler sees it. */
export const requests = {
  hello: {
    params: z.object({
      protocol: version,
      version: bounded.short,
      client: bounded.short,
      pid: z.number(),
    }),
    result: z.object({
      protocol: version,
      version: z.string(),
      pid: z.number(),
      /** Why nothing can be changed at present. */
      readOnly: z.string().optional(),
    }),
  },
  'engine/status': {
    params: none,
    result: z.object({
      pid: z.number(),
      version: z.string(),
      socket: z.string(),
      home: z.string(),
      startedAt: z.string(),
      lastSeq: z.number(),
      clients: z.number(),
      sessions: counts,
      limits: z.object({ running: z.number(), reserved: z.number().optional(), waiting: z.number() }),
      readOnly: z.string().optional(),
    }),
  },
  /** Stops accepting, flushes and exits; agents are not disturbed. */
  'engine/stop': { params: z.object({ reason: bounded.short }), result: none },
  'session/create': {
    params: createSchema,
    result: z.object({ verdict: verdictSchema, session: sessionSchema.optional() }),
  },
  'session/list': {
    params: z.object({
      which: z.enum(['active', 'queued', 'all']).default('all'),
      path: identifier.optional(),
      /** Only those that work in this worktree: its name, its branch or its absolute path, by whatever links. */
      worktree: identifier.optional(),
      archived: z.boolean().default(false),
    }),
    result: z.object({ sessions: z.array(sessionSchema) }),
  },
  'session/show': { params: z.object({ session: identifier }), result: sessionDetailSchema },
  /** What a session uses at the moment; it is looked at when it is asked for. */
  'session/resources': {
    params: z.object({ session: identifier, disk: z.boolean().default(true) }),
    result: resourcesSchema,
  },
  'session/continue': {
    params: z.object({
      session: identifier,
      prompt: bounded.text.min(1),
      steer: z.boolean().default(false),
      requester: requesterSchema,
      /** The front end's own name for this prompt, so that it can be sent again when no answer came: it is given once. */
      key: z.uuid().optional(),
    }),
    result: z.object({ verdict: verdictSchema, session: sessionSchema }),
  },
  'session/answer': {
    params: z.object({
      session: identifier,
      breakpoint: identifier.optional(),
      answer: answerSchema,
      /** Values for missing secrets, when that is what the session waits for. */
      requester: requesterSchema.optional(),
      /** The front end's own name for this answer, so that it can be sent again when nothing came back: it is given once. */
      key: z.uuid().optional(),
    }),
    result: z.object({ breakpoint: z.string() }),
  },
  'session/interrupt': { params: z.object({ session: identifier }), result: none },
  'session/cancel': { params: z.object({ session: identifier, reason: bounded.short.optional() }), result: none },
  'session/archive': { params: z.object({ session: identifier }), result: none },
  /** How a terminal gets to where a session is: a program with its arguments (none: the user's shell), and a folder. */
  'session/terminal': { params: z.object({ session: identifier }), result: terminalSchema },
  /** Removes containers of this data directory: those that have ended, or all. */
  'containers/tidy': { params: z.object({ all: z.boolean() }), result: z.object({ removed: z.number() }) },
  /** What is to be said of too little room for images where Docker keeps them, and what to do; null: there is enough, or nobody knows. */
  'containers/room': {
    params: none,
    result: z.object({ shortage: z.object({ message: z.string(), next: z.string() }).nullable() }),
  },
  /** The conversation so far, from a byte offset of the stream (0 = the beginning). `live` tells that more may come. */
  'session/logs': {
    params: z.object({
      session: identifier,
      from: z.number().int().min(0).default(0),
      limit: z.number().int().min(1).max(10_000).default(1000),
    }),
    result: z.object({ events: z.array(streamEventSchema), next: z.number(), live: z.boolean() }),
  },
  /** Sends `stream` notifications for a session from a byte offset until it is unfollowed or the connection ends. */
  'session/follow': {
    params: z.object({ session: identifier, from: z.number().int().min(0).default(0) }),
    result: z.object({ follow: z.number(), session: z.string() }),
  },
  'session/unfollow': { params: z.object({ follow: z.number() }), result: none },
  ...checkpointRequests,
  ...reviewRequests,
  ...supervisionRequests,
  ...modelRequests,
  ...breakpointRequests,
  /** What changed in the files of a session's worktree; null when it has not been watched. */
  'session/changes': {
    params: z.object({ session: identifier }),
    result: z.object({ watch: watchSchema.nullable() }),
  },
  /** Sends `session/changes` notifications for a session from here on. */
  'changes/subscribe': {
    params: z.object({ session: identifier }),
    result: z.object({ subscription: z.number(), watch: watchSchema.nullable() }),
  },
  'changes/unsubscribe': { params: z.object({ subscription: z.number() }), result: none },
  /** Pairs of sides that overlap at the moment: of one repository, or of all. */
  'radar/list': {
    params: z.object({ path: identifier.optional() }),
    result: z.object({ overlaps: z.array(overlapSchema) }),
  },
  'worktree/list': { params: z.object({ path: identifier }), result: z.object({ worktrees: z.array(worktreeSchema) }) },
  'worktree/create': {
    params: z.object({
      path: identifier,
      name: identifier,
      base: identifier.optional(),
      requester: requesterSchema,
    }),
    result: worktreeSchema,
  },
  'worktree/cleanup': {
    params: z.object({ path: identifier, dryRun: z.boolean().default(false) }),
    result: z.object({
      removed: z.array(z.object({ path: z.string(), kept: z.string().nullable(), reason: z.string() })),
      kept: z.array(z.object({ path: z.string(), reason: z.string() })),
    }),
  },
  ...landingRequests,
  ...removalRequests,
  'trust/state': { params: z.object({ path: identifier }), result: trustSchema },
  'trust/grant': { params: z.object({ path: identifier, host: z.boolean() }), result: trustSchema },
  /** Binds the sessions of the repository that was at `from` to the one at `path`, which is the same one after a move. */
  'repository/move': {
    params: z.object({ from: identifier, path: identifier }),
    result: trustSchema.extend({
      sessions: z.number(),
      /** Worktrees whose `.git` is not as git had written it, and was left. */
      unsure: z.array(z.string()).readonly(),
    }),
  },
  'trust/revoke': { params: z.object({ path: identifier }), result: trustSchema },
  /** Sends `records` notifications from a sequence number on: history first, then live, in order, each once. */
  'events/subscribe': {
    params: z.object({ from: z.number().int().min(1) }),
    result: z.object({ subscription: z.number(), lastSeq: z.number() }),
  },
  'events/unsubscribe': { params: z.object({ subscription: z.number() }), result: none },
  'audit/verify': {
    params: none,
    result: z.object({
      ok: z.boolean(),
      records: z.number(),
      segments: z.number(),
      problem: z.object({ segment: z.string(), line: z.number(), seq: z.number(), reason: z.string() }).optional(),
    }),
  },
  /** Settings in force for a path, each with where its value comes from. */
  'config/show': {
    params: z.object({
      path: identifier.optional(),
      /** `COPPICE_…` variables of the shell that asks; without any, those of the engine hold. */
      settings: bounded.env.default({}),
    }),
    result: z.object({
      settings: z.array(z.object({ key: z.string(), value: z.unknown(), source: z.string(), description: z.string() })),
      files: z.array(z.object({ path: z.string(), present: z.boolean() })),
    }),
  },
  doctor: {
    params: z.object({ path: identifier.optional(), requester: requesterSchema }),
    result: z.object({ checks: z.array(checkSchema) }),
  },
  /** A redacted bundle of facts for a bug report. */
  diagnostics: { params: none, result: z.object({ report: z.record(z.string(), z.unknown()) }) },
} as const;

/** Notifications from the engine to a front end. */
export const notifications = {
  /** With a `problem` nothing more comes of this subscription; the same holds for streams and changes. */
  records: z.object({
    subscription: z.number(),
    records: z.array(recordSchema),
    problem: errorSchema.optional(),
  }),
  stream: z.object({
    follow: z.number(),
    events: z.array(streamEventSchema),
    /** Set once, at last: the session's present stretch of work has ended and all its output was sent, or there is a `problem`. */
    ended: z.boolean(),
    problem: errorSchema.optional(),
  }),
  'session/changes': changesNoticeSchema.extend({ problem: errorSchema.optional() }),
  'model/progress': modelProgress,
} as const;

/** Requests from the engine to a front end: values of secrets, asked when an agent has to start. */
export const callbacks = {
  'secrets/get': {
    params: z.object({ session: z.string(), names: z.array(z.string()) }),
    result: z.object({ values: z.record(z.string(), z.string()) }),
  },
} as const;

export type Requests = typeof requests;
export type Notifications = typeof notifications;
export type Callbacks = typeof callbacks;
type Contract = { readonly params: z.ZodType; readonly result: z.ZodType };
type Table = Readonly<Record<string, Contract>>;

/** Parameters as a caller writes them (defaults may be left out). */
export type ParamsOf<T extends Table, K extends keyof T> = z.input<T[K]['params']>;
/** Parameters as a handler sees them (parsed, defaults filled in). */
export type ParsedOf<T extends Table, K extends keyof T> = z.output<T[K]['params']>;
export type ResultOf<T extends Table, K extends keyof T> = z.output<T[K]['result']>;
/** One handler per request: a missing one is a compile error. */
export type Handlers<T extends Table, C> = {
  readonly [K in keyof T]: (params: ParsedOf<T, K>, context: C) => Promise<ResultOf<T, K>> | ResultOf<T, K>;
};
