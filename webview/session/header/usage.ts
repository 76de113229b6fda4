/** What was used, in a few characters. */
import type { Usage } from '../../../src/core/agent/usage.ts';
import { t } from '../../shared/l10n.ts';

/** `1.2k` and the like. */
export function short(count: number): string {
  if (count < 1000) return String(count);
  if (count < 10_000) return `${(count / 1000).toFixed(1)}k`;
  if (count < 1_000_000) return `${Math.round(count / 1000)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}

/** Tokens in and out; undefined when the agent reported none. */
export function tokens(usage: Usage): string | undefined {
  const read = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  if (read + usage.outputTokens === 0) return undefined;
  return t('{0} in, {1} out', short(read), short(usage.outputTokens));
}

/** The reported cost; undefined when the agent reported none. */
export function costOf({ costUsd }: Usage): string | undefined {
  if (costUsd === undefined) return undefined;
  return costUsd > 0 && costUsd < 0.01 ? '< $0.01' : `$${costUsd.toFixed(2)}`;
}

/** Every count, for a tooltip. */
export function usageDetail(usage: Usage): string {
  const number = (count: number): string => count.toLocaleString();
  const lines = [
    t('Input: {0} tokens', number(usage.inputTokens)),
    t('Read from cache: {0}', number(usage.cacheReadTokens)),
    t('Written to cache: {0}', number(usage.cacheWriteTokens)),
    t('Output: {0}', number(usage.outputTokens)),
  ];
  const cost = costOf(usage);
  if (cost !== undefined) lines.push(t('Cost at list price, as reported by the agent: {0}', cost));
  return lines.join('\n');
}
