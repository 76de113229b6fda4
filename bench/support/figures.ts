/** Figures of a benchmark: medians and percentiles of samples, printed as one row each. */

import { loadavg } from 'node:os';

/** Load of the machine over 1, 5 and 15 minutes. */
export function machineLoad(): string {
  return loadavg()
    .map((each) => each.toFixed(1))
    .join(' ');
}

/** The value below which `part` (0 to 1) of the samples lie. */
export function percentile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}

export function row(name: string, value: string, note = ''): void {
  process.stdout.write(`${name.padEnd(58)} ${value.padStart(12)}  ${note}\n`);
}

/** A ratio to a floor that was measured in the same run, with both figures. */
export function ratio(name: string, value: number, floor: number, floorName: string, goal = ''): void {
  row(
    name,
    `${(value / floor).toFixed(2)} ×`,
    `${ms(value)} against ${floorName} ${ms(floor)}${goal === '' ? '' : `; goal ${goal}`}`,
  );
}
