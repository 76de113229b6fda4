/** A git in front of the real one in which one call of many brings death: to itself or to the engine that made it. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Who dies, and when: before the call does anything, in its midst, or when it is done. */
export const deaths = ['git before', 'git amid', 'engine before', 'engine after'] as const;
export type Death = (typeof deaths)[number];

/** Calls that change something, whatever their arguments. */
const commands = [
  'add',
  'read-tree',
  'write-tree',
  'commit-tree',
  'update-ref',
  'hash-object',
  'fast-import',
  'update-index',
  'checkout-index',
];

export class DeadlyGit {
  readonly bin: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.bin = join(folder, 'bin');
  }

  static async make(folder: string): Promise<DeadlyGit> {
    const git = new DeadlyGit(folder);
    await mkdir(git.bin);
    await writeFile(join(git.bin, 'git'), script(folder), { mode: 0o755 });
    return git;
  }

  /** From here on the calls count, and the one with this number (from 1) brings death. */
  async arm(call: number, death: Death): Promise<void> {
    await mkdir(join(this.#folder, 'calls'));
    await writeFile(join(this.#folder, 'death'), `${call} ${death}\n`);
  }

  /** How many calls there were. */
  async disarm(): Promise<number> {
    await rm(join(this.#folder, 'death'), { force: true });
    const calls = await readdir(join(this.#folder, 'calls')).catch(() => []);
    await rm(join(this.#folder, 'calls'), { recursive: true, force: true });
    return calls.length;
  }
}

function script(folder: string): string {
  const real = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((each) => join(each, 'git'))
    .find((each) => existsSync(each));
  if (real === undefined) throw new Error('git is not installed.');
  return `#!/bin/sh
case "$1" in ${commands.join('|')}) ;; *) exec '${real}' "$@" ;; esac
[ -e '${folder}/death' ] || exec '${real}' "$@"
n=1
until mkdir '${folder}/calls/'$n 2>/dev/null; do n=$((n + 1)); [ $n -lt 1000 ] || break; done
read -r call who when <'${folder}/death'
[ "$n" = "$call" ] || exec '${real}' "$@"
case "$who $when" in
  'git before') kill -9 $$ ;;
  'git amid') (sleep 0.004; kill -9 $$) & exec '${real}' "$@" ;;
  'engine before') kill -9 $PPID; exec '${real}' "$@" ;;
  'engine after') '${real}' "$@"; code=$?; kill -9 $PPID; exit $code ;;
esac
`;
}
