/** Ends an engine that nobody needs. */

export interface IdleOptions {
  readonly seconds: number;
  /** Whether there is anybody or anything to run for. */
  readonly busy: () => boolean;
  /** Milliseconds that never go backwards; they may stand still while the host sleeps. */
  readonly now: () => number;
  readonly onIdle: () => void;
}

const longestLookMs = 1_000;

/** Calls `onIdle` once, when nothing was busy for that many seconds on end. Returns what ends the watch. */
export function watchIdle({ seconds, busy, now, onIdle }: IdleOptions): () => void {
  const limitMs = seconds * 1000;
  let since = now();
  const timer = setInterval(
    () => {
      if (busy()) since = now();
      else if (now() - since >= limitMs) {
        clearInterval(timer);
        onIdle();
      }
    },
    Math.min(longestLookMs, Math.max(10, limitMs / 10)),
  );
  return () => clearInterval(timer);
}
