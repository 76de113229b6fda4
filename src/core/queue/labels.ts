/** What a session is counted as, such as `area:auth` or `team:web`: whatever people or their tracker call it, on one line. */
export const labelPattern = /^(?! )[^\p{Cc}\u2028\u2029]{1,100}(?<! )$/u;

/** One session has no more labels than that. */
export const mostLabels = 20;
