/** Everything that may come out of the session panel, checked before a handler sees it. */
import * as z from 'zod';
import type { CommandName, ParamsOf, RequestName } from './kinds.ts';
import type { SessionPanelApi } from './session-panel.ts';

/** One schema for each request and command of an API. */
export type PanelSchemas<A> = {
  readonly [K in (RequestName<A> | CommandName<A>) & keyof A]: z.ZodType<ParamsOf<A[K]>>;
};

const none = z.strictObject({});
const prompt = z.string().max(1024 * 1024);
const path = z.string().min(1).max(4096);
const offset = z.number().int().min(0);
const line = z.number().int().min(1);
const id = z.string().min(1).max(200);

export const attachmentSchema = z.strictObject({
  path,
  lines: z.strictObject({ from: line, to: line }).exactOptional(),
});

const answer = z.strictObject({
  choice: z.enum(['allow', 'deny', 'answer', 'abort', 'hand-over', 'put-back']),
  reason: prompt.exactOptional(),
  input: z.record(z.string().max(1000), z.unknown()).exactOptional(),
  answers: z.record(z.string().max(10_000), prompt).exactOptional(),
});

export const sessionPanelSchemas: PanelSchemas<SessionPanelApi> = {
  ready: none,
  send: z.strictObject({ text: prompt, attachments: z.array(attachmentSchema).max(100), steer: z.boolean() }),
  stop: none,
  cancel: none,
  answer: z.strictObject({ breakpoint: id, answer }),
  supply: z.strictObject({ breakpoint: id }),
  read: z.strictObject({ from: offset, offset, part: offset, field: z.string().max(1000) }),
  attach: z.strictObject({ what: z.enum(['file', 'selection']) }),
  taken: z.strictObject({ batch: offset }),
  readAgain: none,
  openLink: z.strictObject({ href: z.string().min(1).max(8192) }),
  openFile: z.strictObject({ path, line: line.exactOptional() }),
  openDiff: z.strictObject({ path: path.exactOptional() }),
  show: z.strictObject({ what: z.enum(['terminal', 'worktree', 'log', 'tree']) }),
  copy: z.strictObject({ text: z.string().max(8 * 1024 * 1024) }),
  broke: z.strictObject({ what: z.string().max(10_000) }),
};

/** What the page keeps over a reload of the window, handed back to the extension with the panel. */
export const savedPanelSchema = z.looseObject({ session: id });

/** The frame of every message out of a panel. */
export const toExtensionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('request'), id: offset, name: z.string().max(100), params: z.unknown() }),
  z.strictObject({ kind: z.literal('command'), name: z.string().max(100), params: z.unknown() }),
]);
