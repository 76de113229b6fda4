import * as z from 'zod';
import { errorCodes } from '../core/errors.ts';
import { labelPattern, mostLabels } from '../core/queue/labels.ts';
import { findingSchema } from '../core/supervision/finding.ts';
import { modes, priorities, statuses } from '../core/session/state.ts';
import { supervisionSchema } from './supervision-views.ts';
import { contextSchema, usageSchema } from './usage.ts';
import { overlapSchema, watchSchema } from './watch.ts';

/** A path or a name that a person typed; bounded so that a hostile peer cannot fill memory. */
const short = z.string().min(1).max(4096);
const text = z.string().max(4 * 1024 * 1024);
const env = z.record(z.string().max(256), z.string().max(65536));

export const errorSchema = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  next: z.string(),
  context: z.record(z.string(), z.string()).optional(),
});

export const changesSchema = z.object({
  commit: z.string().optional(),
  tree: z.string(),
  files: z.number(),
  insertions: z.number(),
  deletions: z.number(),
  /** Sentences about what of the worktree is not in it, or not as it stands there. */
  remarks: z.array(z.string()).readonly().optional(),
});

/** One row of `session list`. Times are ISO 8601. */
export const sessionSchema = z.object({
  id: z.string(),
  task: z.string(),
  title: z.string(),
  prompt: z.string(),
  mode: z.enum(modes),
  agent: z.string(),
  executor: z.string(),
  status: z.enum(statuses),
  priority: z.enum(priorities),
  labels: z.array(z.string()).optional(),
  parent: z.string().optional(),
  stage: z.string().optional(),
  repository: z.string(),
  worktree: z.string().nullable(),
  branch: z.string().nullable(),
  /** Place in the queue, 1 = next; only while queued. */
  position: z.number().optional(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  /** Milliseconds for which it has been at work, without what it waited for people or lay idle; since `workingSince` there are more. */
  workedMs: z.number().optional(),
  workingSince: z.string().optional(),
  endedAt: z.string().optional(),
  usage: usageSchema,
  context: contextSchema.optional(),
  turns: z.number(),
  /** What the worktree is against its base; once a stretch of work has ended. */
  changes: changesSchema.optional(),
  archived: z.boolean(),
});
export type SessionView = z.infer<typeof sessionSchema>;

export const questionSchema = z.object({
  question: z.string(),
  header: z.string().optional(),
  options: z.array(z.object({ label: z.string(), description: z.string().optional() })),
  multiSelect: z.boolean(),
});

export const breakpointSchema = z.object({
  id: z.string(),
  kind: z.enum(['permission', 'question', 'plan', 'credential', 'decision']),
  title: z.string(),
  detail: z.string(),
  raisedAt: z.string(),
  tool: z.string().optional(),
  input: z.record(z.string(), z.unknown()).optional(),
  /** The agent takes no other input than this one. */
  fixed: z.boolean().optional(),
  questions: z.array(questionSchema).optional(),
  secrets: z.array(z.string()).optional(),
  /** What is dangerous about it, most severe first. */
  findings: z.array(findingSchema).optional(),
  /** What a `decision` is about: a judged turn, or a limit. */
  about: z
    .object({
      turn: z.number().optional(),
      limit: z.boolean().optional(),
      /** A breakpoint that a person set: nothing happens before it is answered. */
      hold: z.boolean().optional(),
      prompt: z.number().optional(),
      stopped: z.boolean().optional(),
      /** So many files are gone since the turn began; the checkpoint `to` has them. */
      lost: z.object({ gone: z.number(), of: z.number(), to: z.number() }).optional(),
    })
    .optional(),
  /** Why a person was asked, in a sentence. */
  why: z.string().optional(),
});
export type BreakpointView = z.infer<typeof breakpointSchema>;

/** A turn in a line of a list; times are ISO 8601. */
export const turnNoteSchema = z.object({
  n: z.number(),
  /** The beginning of its prompt, on one line. */
  about: z.string().optional(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  outcome: z.string().optional(),
});
export type TurnNoteView = z.infer<typeof turnNoteSchema>;

export const sessionDetailSchema = sessionSchema.extend({
  /** Why it waits, in a sentence; only while queued. */
  waiting: z.string().optional(),
  needs: z.array(breakpointSchema),
  agentSession: z.string().optional(),
  agentVersion: z.string().optional(),
  model: z.string().optional(),
  base: z.string().nullable(),
  baseCommit: z.string().nullable(),
  /** The agent's last words of the last turn. */
  text: z.string().optional(),
  /** The latest turns, the newest last. */
  turnNotes: z.array(turnNoteSchema).optional(),
  lastTurn: z.object({ outcome: z.string(), reason: z.string(), denials: z.number() }).optional(),
  error: errorSchema.optional(),
  /** The last push of its branch; with `error` it failed. */
  pushed: z
    .object({ remote: z.string(), commit: z.string(), at: z.string(), error: errorSchema.optional() })
    .optional(),
  /** A commit of its branch may be on its way to a remote; absent when none is. */
  pushing: z.boolean().optional(),
  /** How often in a row its agent was started again after something outside had ended it. */
  restarts: z.number().optional(),
  /** How often its agent asked the model's service again since a person last gave a prompt. They use up no attempts. */
  retries: z.number().optional(),
  /** Why the state is unknown or paused, or what a session whose agent works waits for with all that it is told. */
  doubt: z.string().optional(),
  activity: z
    .object({
      messages: z.number(),
      tools: z.record(z.string(), z.number()),
      lastMessage: z.string().optional(),
      lastAt: z.string().optional(),
      notices: z.array(z.object({ severity: z.enum(['info', 'warning', 'critical']), text: z.string() })),
      incomplete: z.string().optional(),
    })
    .optional(),
  stream: z.string(),
  /** What changed in its worktree; absent when it has not been watched. */
  watch: watchSchema.optional(),
  /** How its work is judged, with the latest turn alone and without what gates printed; absent when nobody judges it. */
  supervision: supervisionSchema.optional(),
  /** Sides with which its work cannot be merged as the files are at the moment. */
  overlaps: z.array(overlapSchema).optional(),
});
export type SessionDetail = z.infer<typeof sessionDetailSchema>;

/** What a session uses of its machine; sizes in bytes. What cannot be told is absent. */
export const resourcesSchema = z.object({
  memoryBytes: z.number().optional(),
  processes: z.number().optional(),
  /** TCP ports on which its processes listen. */
  ports: z.array(z.number()).optional(),
  /** Its worktree on the disk. */
  diskBytes: z.number().optional(),
  /** Counting took too long: there is more. */
  diskIsMore: z.boolean().optional(),
});
export type ResourcesView = z.infer<typeof resourcesSchema>;

export const worktreeSchema = z.object({
  path: z.string(),
  branch: z.string().nullable(),
  head: z.string().nullable(),
  /** Ours (made or adopted by Coppice), the main checkout, one that waits in the pool, or somebody else's. */
  kind: z.enum(['main', 'ours', 'pool', 'other']),
  session: z.string().optional(),
  holder: z.string().optional(),
  dirty: z.boolean().optional(),
  slug: z.string().optional(),
});
export type WorktreeView = z.infer<typeof worktreeSchema>;

/** Environment and secrets of the requester's shell, allow-listed again by the engine. Secret values stay in memory. */
export const requesterSchema = z.object({
  env,
  secrets: env,
  /** `COPPICE_…` variables that set something (see `settingVariables`). */
  settings: env.default({}),
});

export const createSchema = z.object({
  /**
   * Id of the session that is to be made, chosen by the front end so that it can ask again when no answer came: a repeat
   * gives the session that is there.
   */
  id: z.uuid().toLowerCase().optional(),
  /** Any path inside the repository. */
  path: short,
  prompt: text.min(1),
  mode: z.enum(modes).default('autonomous'),
  agent: short.optional(),
  agentOptions: z.record(z.string(), z.unknown()).optional(),
  executor: short.optional(),
  /** Slug, branch or path of the worktree to work in. */
  worktree: short.optional(),
  /** Name by which the worktree is found or made, e.g. `implement-auth-05A`; defaults to the prompt's title. */
  name: short.optional(),
  base: short.optional(),
  priority: z.enum(priorities).default('normal'),
  /** What it counts as for `limits.labels`, e.g. `area:auth`. */
  labels: z
    .array(z.string().regex(labelPattern, 'must be a label of at most 100 characters, on one line'))
    .max(mostLabels)
    .default([]),
  parent: short.optional(),
  /** The stage of its parent's plan: whatever people call it, on one line. */
  stage: z
    .string()
    .trim()
    .regex(/^[^\p{Cc}\u2028\u2029]{1,100}$/u, 'must be a name of at most 100 characters, on one line')
    .optional(),
  /** Also where memory or disk may run out with it; see `no-room`. */
  anyway: z.boolean().default(false),
  requester: requesterSchema,
});

export const answerSchema = z.object({
  /**
   * `hand-over` ends the work as it stands, for a person to go on; only a `decision` takes it. `put-back` brings back what is gone; only
   * a decision about `lost` files takes it.
   */
  choice: z.enum(['allow', 'deny', 'answer', 'abort', 'hand-over', 'put-back']),
  reason: text.optional(),
  input: z.record(z.string(), z.unknown()).optional(),
  answers: z.record(z.string(), z.string()).optional(),
  /** A permission that holds for what is like it; `pattern` defaults to the very command or path. */
  remember: z.object({ scope: z.enum(['session', 'always']), pattern: short.optional() }).optional(),
});

export const verdictSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('started') }),
  z.object({ status: z.literal('queued'), position: z.number() }),
  z.object({ status: z.literal('rejected'), reason: z.string(), queueLength: z.number() }),
]);

export const trustSchema = z.object({
  repository: z.string(),
  root: z.string(),
  trusted: z.boolean(),
  host: z.boolean(),
  /** Where the repository was that this one holds the work of, and that is not there any more. */
  movedFrom: z.object({ root: z.string(), sessions: z.number() }).optional(),
});

/** A program that a terminal runs to be at a session; see `Terminal` of the executors. */
export const terminalSchema = z.object({
  command: z.array(z.string()),
  cwd: z.string(),
  what: z.string(),
  /** What is said when the program ends with this exit code. */
  lost: z.object({ code: z.number(), message: z.string(), next: z.string() }).optional(),
});
export type TerminalView = z.infer<typeof terminalSchema>;

export const recordSchema = z.object({
  seq: z.number(),
  at: z.number(),
  type: z.string(),
  v: z.number(),
  actor: z.string(),
  data: z.record(z.string(), z.unknown()),
  prev: z.string(),
  hash: z.string(),
});

/** One event of a session's stream with the byte offset at which its line ends. */
export const streamEventSchema = z.object({ offset: z.number(), event: z.looseObject({ kind: z.string() }) });
export type StreamEventView = z.infer<typeof streamEventSchema>;

export const checkSchema = z.object({
  name: z.string(),
  ok: z.boolean(),
  /** What was found, or what is wrong. */
  detail: z.string(),
  fix: z.string().optional(),
  /** A missing optional part does not make `doctor` fail. */
  required: z.boolean(),
});
export type Check = z.infer<typeof checkSchema>;

export const identifier = short;
export const bounded = { short, text, env };
