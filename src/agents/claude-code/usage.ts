import { addUsage, noUsage, type Usage } from '../../core/agent/usage.ts';
import { amountOf, countOf, fieldsOf, numberOf, wordOf, type Fields } from '../fields.ts';

/**
 * What the turn of a `result` consumed. `model_usage_since_last_result` is the only field that is neither cumulative nor
 * limited to the main conversation. Older versions lack it: their `usage` is this turn's own, but without a price, because
 * `total_cost_usd` adds up over the process and in some versions over resumed ones too.
 */
export function usageOfResult(result: Fields): Usage {
  const models = fieldsOf(result['model_usage_since_last_result']);
  if (models === undefined) return usageOfMessage(fieldsOf(result['usage']) ?? {});
  let [inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd] = [0, 0, 0, 0, 0];
  let priced = true;
  for (const model of Object.values(models)) {
    const counts = fieldsOf(model) ?? {};
    inputTokens += countOf(counts['inputTokens']);
    outputTokens += countOf(counts['outputTokens']);
    cacheReadTokens += countOf(counts['cacheReadInputTokens']);
    cacheWriteTokens += countOf(counts['cacheCreationInputTokens']);
    costUsd += amountOf(counts['costUSD']);
    priced &&= numberOf(counts['costUSD']) !== undefined;
  }
  const tokens = { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
  return priced ? { ...tokens, costUsd } : tokens;
}

/** How a model is written whose window was chosen, e.g. `name[1m]`; its messages name it without that. */
const variant = /\[\w+\]$/u;

/** How many tokens fit into the context of each model that a `result` names, by each name that its messages may give it. */
export function windowsOf(result: Fields): ReadonlyMap<string, number> {
  const named = new Map<string, number>();
  const meant = new Map<string, number>();
  for (const [name, model] of Object.entries(fieldsOf(result['modelUsage']) ?? {})) {
    const { contextWindow, canonicalModel } = fieldsOf(model) ?? {};
    const window = countOf(contextWindow);
    if (window === 0) continue;
    named.set(name, window);
    meant.set(wordOf(canonicalModel) ?? name.replace(variant, ''), window);
  }
  return new Map([...meant, ...named]);
}

/** Counts as the model's service gives them with a message; no price. */
export function usageOfMessage(usage: Fields): Usage {
  return {
    inputTokens: countOf(usage['input_tokens']),
    outputTokens: countOf(usage['output_tokens']),
    cacheReadTokens: countOf(usage['cache_read_input_tokens']),
    cacheWriteTokens: countOf(usage['cache_creation_input_tokens']),
  };
}

/**
 * The sum over messages for a turn that never came to its `result`: a lower bound, because the output of a message is not
 * known before its end. Each block of a message repeats the message's counts, so every message counts once.
 */
export function usageOfMessages(messages: Iterable<Usage>): Usage {
  return [...messages].reduce(addUsage, noUsage);
}
