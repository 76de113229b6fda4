/** What can be asked of a list that draws only what is seen. Rows are named by their place. */
export interface ListHandle {
  /** Keeps a row where it is on the screen while it changes its size. */
  hold(index: number): void;
  /** Goes to the end and stays there. */
  toEnd(): void;
  /** Brings a row into sight. */
  reveal(index: number): void;
  /** The element of a row that is drawn. */
  element(index: number): HTMLElement | undefined;
  /** Scrolls by what is seen; the row that is then at the edge. */
  page(direction: 1 | -1): number;
}
