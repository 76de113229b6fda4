/**
 * From a score to a probability, by what people and tests said about earlier turns. The method: scores are put into ten
 * bins; the share of good turns in a bin, with ten imagined turns at the score itself, is what the score is worth there; a
 * higher bin is never worth less than a lower one. With no data a score is worth itself.
 */

/** One turn whose outcome is known: the score it had before calibration, what was decided, and whether it was good. */
export interface Judged {
  readonly score: number;
  readonly good: boolean;
  /** It was let through without asking anybody. */
  readonly accepted?: boolean;
  /** A person was asked, and said that it was unnecessary. */
  readonly unnecessary?: boolean;
  readonly asked?: boolean;
}

const bins = 10;
const imagined = 10;

/** One bin: how many turns, their mean score, the share that was good with its 95 % interval, and what a score is worth in it. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly meanScore: number;
  readonly good: Share;
  readonly worth: number;
}

/** A share of `count` cases, with its 95 % interval after Wilson. Without cases it is nothing known: 0 to 1. */
export interface Share {
  readonly hits: number;
  readonly count: number;
  readonly share: number | undefined;
  readonly low: number;
  readonly high: number;
}

/** The share with its interval. */
export function shareOf(hits: number, count: number): Share {
  if (count === 0) return { hits, count, share: undefined, low: 0, high: 1 };
  const z = 1.959964;
  const p = hits / count;
  const middle = p + (z * z) / (2 * count);
  const spread = z * Math.sqrt((p * (1 - p)) / count + (z * z) / (4 * count * count));
  const scale = 1 + (z * z) / count;
  return {
    hits,
    count,
    share: p,
    low: Math.max(0, (middle - spread) / scale),
    high: Math.min(1, (middle + spread) / scale),
  };
}

/** The reliability curve: ten bins, lowest first. */
export function reliability(cases: readonly Judged[]): readonly Bin[] {
  const raw = Array.from({ length: bins }, (_, at) => {
    const inside = cases.filter(({ score }) => binOf(score) === at);
    const good = inside.filter((each) => each.good).length;
    const centre = (at + 0.5) / bins;
    const meanScore = inside.length === 0 ? centre : inside.reduce((sum, { score }) => sum + score, 0) / inside.length;
    const worth = (good + imagined * meanScore) / (inside.length + imagined);
    return {
      from: at / bins,
      to: (at + 1) / bins,
      count: inside.length,
      meanScore,
      good: shareOf(good, inside.length),
      worth,
    };
  });
  const rising = monotone(raw.map(({ worth, count }) => ({ value: worth, weight: count + imagined })));
  return raw.map((bin, at) => ({ ...bin, worth: rising[at] ?? bin.worth }));
}

function binOf(score: number): number {
  return Math.min(bins - 1, Math.max(0, Math.floor(score * bins)));
}

/** Neighbours that fall are put together until none does (pool adjacent violators). */
function monotone(values: readonly { readonly value: number; readonly weight: number }[]): number[] {
  const pools: { value: number; weight: number; size: number }[] = [];
  for (const { value, weight } of values) {
    pools.push({ value, weight, size: 1 });
    for (
      let last = pools.at(-1), before = pools.at(-2);
      last !== undefined && before !== undefined && before.value > last.value;
      last = pools.at(-1), before = pools.at(-2)
    ) {
      const total = before.weight + last.weight;
      pools.splice(-2, 2, {
        value: (before.value * before.weight + last.value * last.weight) / total,
        weight: total,
        size: before.size + last.size,
      });
    }
  }
  return pools.flatMap(({ value, size }) => Array.from({ length: size }, () => value));
}

/** What the score is worth: a line through the bins' worths, so that a higher score is never worth less. */
export function calibrated(score: number, curve: readonly Bin[]): number {
  if (curve.every(({ count }) => count === 0)) return score;
  const points = [
    { at: 0, worth: curve[0]?.worth ?? 0 },
    ...curve.map((bin) => ({ at: (bin.from + bin.to) / 2, worth: bin.worth })),
    { at: 1, worth: curve.at(-1)?.worth ?? 1 },
  ];
  const next = points.findIndex(({ at }) => at >= score);
  const right = points[next === -1 ? points.length - 1 : next];
  const left = points[next <= 0 ? 0 : next - 1];
  if (left === undefined || right === undefined) return score;
  if (right.at === left.at) return right.worth;
  return left.worth + ((right.worth - left.worth) * (score - left.at)) / (right.at - left.at);
}

/** What the record says about the supervisor, each with its number of cases. */
export interface Report {
  readonly cases: number;
  /** Of the turns that were let through without asking: those that were not good. */
  readonly falseAccepts: Share;
  /** Of the breakpoints: those that a person called unnecessary. */
  readonly falseBreakpoints: Share;
  /** Mean distance between score and share of good turns, weighted by the bins' sizes; undefined without cases. */
  readonly calibrationError: number | undefined;
  /** Pearson's, between score and good (1) or not (0); undefined when there are too few cases or no spread. */
  readonly correlation: Correlation | undefined;
}

/** Pearson's r with its 95 % interval by Fisher's z; with three cases or fewer it may be anything. */
export interface Correlation {
  readonly count: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** With fewer judged turns than this a curve says little. */
export const fewCases = 30;

/** What the supervisor is meant to reach: fewer unnecessary questions than `below`, a correlation above `above`. */
export const goals = { falseBreakpoints: { below: 0.05 }, correlation: { above: 0.8 } } as const;

/** What a figure says of its goal. Only where its whole interval is on one side is anything said. */
export type Says = 'met' | 'missed' | 'too-few';

/** With fewer cases than this nothing is said of a goal, whatever the interval. */
const fewest = 10;

/** Whether a figure with this interval reaches its goal. */
export function saysOf(
  interval: { readonly low: number; readonly high: number; readonly count: number } | undefined,
  goal: { readonly below?: number; readonly above?: number },
): Says {
  if (interval === undefined || interval.count < fewest) return 'too-few';
  const { below = Infinity, above = -Infinity } = goal;
  const { low, high } = interval;
  if (high < below && low > above) return 'met';
  return low >= below || high <= above ? 'missed' : 'too-few';
}

/** The report over all cases. */
export function reportOf(cases: readonly Judged[]): Report {
  const accepted = cases.filter((each) => each.accepted === true);
  const asked = cases.filter((each) => each.asked === true);
  const curve = reliability(cases);
  const error = curve.reduce(
    (sum, bin) => sum + bin.count * Math.abs(bin.meanScore - (bin.good.share ?? bin.meanScore)),
    0,
  );
  return {
    cases: cases.length,
    falseAccepts: shareOf(accepted.filter(({ good }) => !good).length, accepted.length),
    falseBreakpoints: shareOf(asked.filter((each) => each.unnecessary === true).length, asked.length),
    calibrationError: cases.length === 0 ? undefined : error / cases.length,
    correlation: correlation(cases),
  };
}

function correlation(cases: readonly Judged[]): Correlation | undefined {
  if (cases.length < 3) return undefined;
  const xs = cases.map(({ score }) => score);
  const ys = cases.map(({ good }) => (good ? 1 : 0));
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const covariance = xs.reduce((sum, x, at) => sum + (x - mx) * ((ys[at] ?? 0) - my), 0);
  const spread = Math.sqrt(
    xs.reduce((sum, x) => sum + (x - mx) ** 2, 0) * ys.reduce<number>((sum, y) => sum + (y - my) ** 2, 0),
  );
  return spread < 1e-9 ? undefined : withInterval(covariance / spread, cases.length);
}

function withInterval(value: number, count: number): Correlation {
  if (count <= 3) return { count, value, low: -1, high: 1 };
  const wide = 1.959964 / Math.sqrt(count - 3);
  // At exactly 1 the method knows no doubt at all, however few the cases are.
  const at = (z: number): number => Math.tanh(Math.atanh(Math.max(-0.999, Math.min(0.999, value))) + z);
  return { count, value, low: at(-wide), high: at(wide) };
}
