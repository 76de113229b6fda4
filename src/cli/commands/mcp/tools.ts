/** The six tools of `coppice mcp`. What they take is checked; what they give are the rows of the shell's `--json`. */
import * as z from 'zod';
import type { McpOutcome, McpTool } from '../../../core/mcp.ts';
import { createSchema, type StreamEventView } from '../../../protocol/schemas.ts';
import type { Context } from '../../context.ts';
import { continueWork } from '../../continue-work.ts';
import { readLogs } from '../../read-logs.ts';
import { sessionRow } from '../../session-lines.ts';
import { startWork } from '../../work-options.ts';

/** A tool, and what it does with what it was given. */
export interface SessionTool extends McpTool {
  readonly run: (context: Context, given: unknown) => Promise<McpOutcome>;
}

/** Looks and changes nothing, or changes something and undoes nothing. */
const [looks, acts] = [
  { readOnlyHint: true },
  { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
] as const;

const { agent, base, executor, labels, mode, name, parent, priority, prompt, worktree } = createSchema.shape;
const key = z.string().min(1).max(200);
const sessionId = key.describe('Its id, the beginning of it, or its task.');

/** In the order in which they are listed. */
export const sessionTools: readonly SessionTool[] = [
  tool(
    'session_create',
    'Gives an agent work in a git worktree of its own and returns at once; session_get tells how it goes. Refused in a repository ' +
      'that its owner does not trust.',
    acts,
    z.strictObject({
      prompt: prompt.describe('What the agent is to do.'),
      mode: mode.unwrap().optional().describe('How it works; autonomous unless said.'),
      agent: agent.describe('Who works, e.g. claude-code, codex or demo.'),
      executor: executor.describe('Where it works: local, docker, tmux or ssh:<host>.'),
      worktree: worktree.describe('Work in this worktree: its name, branch or path.'),
      name: name.describe('Name of the worktree to find or make.'),
      base: base.describe('Where the branch starts; where the main checkout is unless said.'),
      priority: priority.unwrap().optional(),
      labels: labels.unwrap().optional().describe('What it counts as where such work is limited, e.g. area:auth.'),
      parent: parent.describe('The session that this one belongs to.'),
    }),
    async (context, { prompt: text, labels: label, ...options }) => {
      const given = Object.fromEntries(
        Object.entries({ ...options, label }).filter(([, value]) => value !== undefined),
      );
      return found({ session: sessionRow(await startWork(context, text, given)) });
    },
  ),
  tool(
    'session_list',
    'The sessions of the repository.',
    looks,
    z.strictObject({
      which: z.enum(['active', 'queued', 'all']).optional().describe('all unless said.'),
      archived: z.boolean().optional().describe('Also those that were put away.'),
      worktree: worktree.describe('Only those that work in this worktree: its name, branch or path.'),
    }),
    async ({ engine, path }, { which = 'all', archived = false, worktree: pinned }) => {
      const { sessions } = await engine.request('session/list', {
        which,
        archived,
        path,
        ...kept({ worktree: pinned }),
      });
      return found({ sessions: sessions.map(sessionRow) });
    },
  ),
  tool(
    'session_get',
    'One session: its status, what the agent said last, what it changed, and the questions that wait for a person.',
    looks,
    z.strictObject({ sessionId }),
    async ({ engine }, { sessionId: session }) => {
      const detail = await engine.request('session/show', { session });
      const { text, changes, needs, error, title } = detail;
      const questions = needs.map(({ id, kind, title: question, detail: more }) => ({
        id,
        kind,
        question,
        detail: more,
      }));
      return found({
        session: { ...sessionRow(detail), title, needs: questions, ...kept({ text, changes, error }) },
      });
    },
  ),
  tool(
    'session_cancel',
    'Ends a session: takes it out of the queue or stops its agent. What it has changed stays on its branch.',
    { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    z.strictObject({ sessionId }),
    async ({ engine }, { sessionId: session }) => {
      const { id } = await engine.request('session/show', { session });
      await engine.request('session/cancel', { session: id });
      return found({ cancelled: true });
    },
  ),
  tool(
    'session_continue',
    'Gives a session its next prompt: the agent goes on in the same worktree and conversation, after the turn under way.',
    acts,
    z.strictObject({ sessionId, feedback: prompt.describe('What the agent is told.') }),
    async (context, { sessionId: session, feedback }) => {
      const { id } = await context.engine.request('session/show', { session });
      return found({ continued: true, session: sessionRow(await continueWork(context, id, feedback)) });
    },
  ),
  tool(
    'session_logs',
    'What the agent of a session said and did, the latest last.',
    looks,
    z.strictObject({
      sessionId,
      limit: z.number().int().min(1).max(1000).optional().describe('How many entries at most; 100 unless said.'),
    }),
    async ({ engine }, { sessionId: session, limit = 100 }) => {
      const { id } = await engine.request('session/show', { session });
      let latest: StreamEventView[] = [];
      await readLogs(engine, id, (seen) => {
        latest.push(seen);
        if (latest.length > 2 * limit) latest = latest.slice(-limit);
      });
      return found({ entries: latest.slice(-limit) });
    },
  ),
];

function tool<T extends z.ZodObject>(
  named: string,
  description: string,
  annotations: object,
  schema: T,
  run: (context: Context, given: z.output<T>) => Promise<McpOutcome>,
): SessionTool {
  return {
    ...{ name: named, description, annotations },
    inputSchema: z.toJSONSchema(schema, { io: 'input' }),
    run: async (context, given) => {
      const checked = schema.safeParse(given);
      return checked.success ? run(context, checked.data) : { wrong: z.prettifyError(checked.error) };
    },
  };
}

function found(value: Readonly<Record<string, unknown>>): McpOutcome {
  return { text: JSON.stringify(value), value };
}

/** Without what is not there. */
function kept(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
