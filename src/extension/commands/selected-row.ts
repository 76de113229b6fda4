import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 25;

/** Milliseconds until a selection counts as empty. */
export const selectionLimitMs = 3000;

/**
 * The row that is selected in a view; undefined when there is none, or when `isOver` says that nobody wants to know any more.
 * When a whole tree is drawn anew, VS Code has forgotten its rows until it has asked for them again, and in the meantime calls
 * the selection empty: so an empty one is looked at again, for three seconds at most.
 */
export async function selectedRow<Row>(
  view: { readonly selection: readonly Row[] },
  isOver: () => boolean,
): Promise<Row | undefined> {
  for (let tries = selectionLimitMs / lookEveryMs; tries > 0 && !isOver(); tries -= 1) {
    const [row] = view.selection;
    if (row !== undefined) return row;
    await delay(lookEveryMs);
  }
  return undefined;
}
