/** What a domain event of an agent looks like, strictly: whatever a reader makes of hostile input must pass. */
import { z } from 'zod';

const count = z.number().nonnegative();
const input = z.record(z.string(), z.unknown());
const usage = z.strictObject({
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  costUsd: count.optional(),
});
const option = z.strictObject({ label: z.string(), description: z.string().optional() });
const question = z.strictObject({
  question: z.string(),
  header: z.string().optional(),
  options: z.array(option),
  multiSelect: z.boolean(),
});
const line = z.string().regex(/^[^\p{Cc}\u202a-\u202e\u2066-\u2069]*$/u);
const text = z.string().regex(/^[^\p{Cs}]*$/u);
const request = z.strictObject({
  id: z.string().min(1),
  kind: z.enum(['permission', 'question', 'plan']),
  title: line.max(200),
  detail: text.regex(/^(?:[^\p{Cc}]|[\n\t])*$/u),
  tool: line.optional(),
  input: input.optional(),
  questions: z.array(question).optional(),
});

export const eventSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('identified'),
    agentSession: z.string().min(1),
    model: z.string().optional(),
    version: z.string().optional(),
    tools: z.array(z.string()).optional(),
  }),
  z.strictObject({ kind: z.literal('prompt-seen'), input: z.string().optional(), text: z.string().optional() }),
  z.strictObject({
    kind: z.literal('message'),
    text: z.string(),
    thinking: z.boolean().optional(),
    subagent: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal('tool-started'),
    id: z.string().min(1),
    name: z.string(),
    input,
    subagent: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal('tool-ended'),
    id: z.string().min(1),
    ok: z.boolean(),
    denied: z.boolean().optional(),
    output: text,
  }),
  z.strictObject({ kind: z.literal('asked'), request }),
  z.strictObject({ kind: z.literal('ask-withdrawn'), request: z.string() }),
  z.strictObject({ kind: z.literal('answer-seen'), request: z.string() }),
  z.strictObject({ kind: z.literal('interrupt-seen'), input: z.string().optional() }),
  z.strictObject({ kind: z.literal('background'), tasks: count }),
  z.strictObject({
    kind: z.literal('retrying'),
    attempt: count,
    max: z.number().optional(),
    delayMs: z.number().optional(),
    status: z.number().optional(),
    error: line,
  }),
  z.strictObject({ kind: z.literal('notice'), severity: z.enum(['info', 'warning', 'critical']), text }),
  z.strictObject({
    kind: z.literal('turn-ended'),
    outcome: z.enum(['success', 'failed', 'interrupted', 'limit', 'rate-limited', 'crashed']),
    reason: line.max(80),
    text: z.string().optional(),
    position: line.max(200).optional(),
    usage,
    context: z.strictObject({ tokens: count.min(1), window: count.min(1).optional() }).optional(),
    denials: count,
    retryAfterS: count.optional(),
    status: z.number().optional(),
    followUp: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('unrecognised'), what: line }),
  z.strictObject({ kind: z.literal('malformed'), reason: line, sample: line.max(160) }),
]);
