/** What a turn or a session consumed. Counts are this turn's own, never cumulative. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** US dollars as the agent reported them at list price; absent when it reports none. */
  readonly costUsd?: number;
}

/** How full the conversation that a model has before it is, as far as its agent told. Tokens. */
export interface ContextFill {
  readonly tokens: number;
  /** How many fit; absent where the agent did not say. */
  readonly window?: number;
}

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** The sum of two usages, count by count. `costUsd` is absent only if neither has one; a missing one counts as 0. */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Usage = {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  };
  if (a.costUsd === undefined && b.costUsd === undefined) return sum;
  return { ...sum, costUsd: (a.costUsd ?? 0) + (b.costUsd ?? 0) };
}

/** The tokens alone: what is told where nothing is paid by use. */
export function withoutCost({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): Usage {
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
}

/** All tokens of a usage. Of a single message that is what the model then has before it. */
export function tokensOf({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number {
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
}
