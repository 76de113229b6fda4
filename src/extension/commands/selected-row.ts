import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 25;

/** Milliseconds until a selection counts as empty: a busy machine at the far end of a line may take seconds to draw a tree. */
export const selectionLimitMs = 20_000;

/**
 * The row that is selected in a view; undefined when there is none, or when `isOver` says that nobody wants to know any more.
 * While what is above a row is drawn anew, VS Code has forgotten the row until it has asked for it again, and in the meantime calls
 * the selection empty: so an empty one is looked at again, for `selectionLimitMs` at most.
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
