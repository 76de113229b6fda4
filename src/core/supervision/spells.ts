/** What a session used and when, as finely as a budget of a day needs it: every time zone begins its day at a quarter of an hour. */
import type { Usage } from '../agent/usage.ts';
import type { Amounts } from './budget.ts';

/** What was used by turns that ended within a quarter of an hour; `at` is its beginning, milliseconds since 1970. */
export interface Spell {
  readonly at: number;
  readonly tokens: number;
  readonly costUsd: number;
}

const spellMs = 15 * 60_000;
/** More than the longest day has, 25 hours. By count and not by age: a clock that was ahead for a moment makes nothing forgotten. */
const most = 128;

/** What a turn used, as budgets count it. */
export function amountsOf({ inputTokens, outputTokens, costUsd = 0 }: Usage): Omit<Spell, 'at'> {
  return { tokens: inputTokens + outputTokens, costUsd };
}

/** With what a turn used that ended `at`. */
export function withSpell(spells: readonly Spell[] = [], at: number, used: Omit<Spell, 'at'>): readonly Spell[] {
  const start = Math.floor(at / spellMs) * spellMs;
  const { tokens = 0, costUsd = 0 } = spells.find((each) => each.at === start) ?? {};
  const spell = { at: start, tokens: tokens + used.tokens, costUsd: costUsd + used.costUsd };
  const others = spells.filter((each) => each.at !== start);
  return [...others, spell].sort((a, b) => a.at - b.at).slice(-most);
}

/** What was used since then, milliseconds since 1970; what a clock that was ahead has recorded counts as well. */
export function spentSince(spells: readonly Spell[] = [], since: number): Amounts {
  const counted = spells.filter(({ at }) => at >= since);
  return {
    tokens: counted.reduce((sum, each) => sum + each.tokens, 0),
    costUsd: counted.reduce((sum, each) => sum + each.costUsd, 0),
  };
}
