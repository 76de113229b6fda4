/**
 * Shells for a person where a session works, as commands of `sh`. Each ends with 0 however the last command in it ended: a shell hands
 * that on, and a status that is also that of a container or a connection which has gone would be taken for one.
 */

/** In a container: bash where there is one. */
export const containerShell = 'if command -v bash >/dev/null; then bash -l; else sh -l; fi; exit 0';

/** On a host, whose own shell reads this, whichever it is: that person's shell, in a folder below their home. `folder` needs no quotes. */
export function hostShell(folder: string): string {
  return `cd ${folder} && exec sh -c '"\${SHELL:-/bin/sh}" -l; exit 0'`;
}
