/** What the user can see at the moment, so that nothing is announced that is in view already. */
export class Attention {
  readonly #seen = new Set<string>();
  #focused = true;

  /** A place that shows something came into view or left it: `needs`, `sessions`, or the id of a session whose panel is shown. */
  see(place: string, visible: boolean): void {
    if (visible) this.#seen.add(place);
    else this.#seen.delete(place);
  }

  /** The window got the focus of the desktop, or lost it. */
  focus(focused: boolean): void {
    this.#focused = focused;
  }

  /** Whether the window has the focus of the desktop. */
  get focused(): boolean {
    return this.#focused;
  }

  /** Whether what a place shows is being looked at. */
  sees(place: string): boolean {
    return this.#focused && this.#seen.has(place);
  }
}
