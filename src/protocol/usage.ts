import * as z from 'zod';

/** Tokens of the conversation that the model has before it, and how many fit. */
export const contextSchema = z.object({ tokens: z.number(), window: z.number().optional() });

/** Tokens and money that an agent has used, as far as it told. */
export const usageSchema = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  cacheReadTokens: z.number(),
  cacheWriteTokens: z.number(),
  costUsd: z.number().optional(),
});
