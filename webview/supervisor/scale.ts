/** Where things stand in a chart. */

/** The inside of a chart of `width` pixels: what is left for the lines beside the axes. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A chart as wide as its place. */
export function frameOf(width: number, height: number): Frame {
  return { width: Math.max(width, 160), height, left: 36, right: 12, top: 8, bottom: 24 };
}

/** Pixels from the left of a share from 0 to 1. */
export function xOf({ width, left, right }: Frame, share: number): number {
  return left + share * (width - left - right);
}

/** Pixels from the top of a value from 0 to 1. */
export function yOf({ height, top, bottom }: Frame, value: number): number {
  return top + (1 - value) * (height - top - bottom);
}

/** The place of number `at` of `count` things along the x axis, each with the same room. */
export function placeOf(frame: Frame, at: number, count: number): number {
  return xOf(frame, count <= 1 ? 0.5 : 0.03 + (0.94 * at) / (count - 1));
}

/** Points as SVG takes them. */
export function pointsOf(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
}

/** Which of `count` labels are written, so that they do not run into each other: so many at most, the last always. */
export function shownLabels(count: number, most: number): readonly number[] {
  const step = Math.max(1, Math.ceil(count / Math.max(1, most)));
  return Array.from({ length: count }, (_, at) => at).filter((at) => (count - 1 - at) % step === 0);
}
