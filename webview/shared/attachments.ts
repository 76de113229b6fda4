/** Behaviour that elements get when they are drawn. */

/** What overflows can be reached, and then scrolled, with the keyboard; what does not is no stop on the way. */
export function scrollable(element: HTMLElement): () => void {
  const look = (): void => {
    const overflows = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
    if (overflows) element.tabIndex = 0;
    else element.removeAttribute('tabindex');
  };
  const sizes = new ResizeObserver(look);
  sizes.observe(element);
  for (const child of element.children) sizes.observe(child);
  return () => sizes.disconnect();
}

/** Takes the focus when it appears. */
export function focused(element: HTMLElement): void {
  element.focus();
}

/** Makes an element one that the keyboard stops at, or one that only a program moves the focus to. */
export function stop(here: boolean): (element: HTMLElement) => void {
  return (element) => {
    element.tabIndex = here ? 0 : -1;
  };
}

/** Listens to the keyboard wherever inside the element it is used. */
export function keys(pressed: (event: KeyboardEvent) => void): (element: HTMLElement) => () => void {
  return (element) => {
    element.addEventListener('keydown', pressed);
    return () => element.removeEventListener('keydown', pressed);
  };
}
