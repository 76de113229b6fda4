/** The parts of the page between which F6 goes. */
import type { Region } from '../../src/protocol/webview/session-panel.ts';

const order: readonly Region[] = ['header', 'conversation', 'decision', 'files', 'prompt'];

/** The region in which an element is. */
export function regionOf(element: Element | null): Region | undefined {
  const name = element?.closest<HTMLElement>('[data-region]')?.dataset['region'];
  return order.find((region) => region === name);
}

/** The next region that is there, or undefined beyond the last; from nowhere, the first or last. */
export function nextRegion(root: ParentNode, from: Region | undefined, step: 1 | -1): Region | undefined {
  const there = order.filter((region) => root.querySelector(`[data-region="${region}"]`) !== null);
  if (from === undefined) return step === 1 ? there[0] : there.at(-1);
  return there[there.indexOf(from) + step];
}
