/** How often something was killed, over all suites of a test process. */
const points = new Map<string, number>();

/** Notes so many kills of a kind. */
export function killed(what: string, count = 1): void {
  points.set(what, (points.get(what) ?? 0) + count);
}

export function killsOf(what: string): number {
  return points.get(what) ?? 0;
}

/** One line for each kind, and the sum. */
export function tally(): string {
  const total = [...points.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...points].map(([what, count]) => `${count} ${what}`);
  return `${total} kills so far: ${parts.join(', ')}`;
}
