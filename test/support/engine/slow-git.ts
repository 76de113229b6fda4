/** A git in front of the real one: the first call of a command lingers, and goes on after whoever made it was killed. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface SlowGit {
  /** Folder to put before the `PATH`. */
  readonly bin: string;
  /** Whether the call lingers, or did. */
  begun(): boolean;
  /** Whether the call that lingered has ended. */
  ended(): boolean;
}

/** `words`: the command, e.g. `worktree add`. */
export async function slowGit(folder: string, words: string, seconds: number): Promise<SlowGit> {
  const bin = join(folder, 'bin');
  const [begun, ended] = [join(folder, 'begun'), join(folder, 'ended')];
  const real = realGit();
  await mkdir(bin);
  const script = `#!/bin/sh
case " $* " in *' ${words} '*)
  if mkdir '${begun}' 2>/dev/null; then
    sleep ${seconds}
    '${real}' "$@"
    code=$?
    mkdir '${ended}'
    exit $code
  fi
  ;;
esac
exec '${real}' "$@"
`;
  await writeFile(join(bin, 'git'), script, { mode: 0o755 });
  return { bin, begun: () => existsSync(begun), ended: () => existsSync(ended) };
}

export interface LockingGit {
  /** Folder to put before the `PATH`. */
  readonly bin: string;
  /** Whether the first call that moves a branch has the branch's lock. */
  holds(): boolean;
  /** Whether another call has met that lock and given up. */
  refused(): boolean;
  /** Lets the first one move the branch and go. */
  release(): Promise<void>;
}

/** The first call that moves a branch keeps the branch's lock until it is released, whatever becomes of whoever made it. */
export async function lockingGit(folder: string): Promise<LockingGit> {
  const [claim, holds, refused, release] = ['claim', 'holds', 'refused', 'release'].map((name) => join(folder, name));
  const bin = join(folder, 'bin');
  const real = realGit();
  await mkdir(bin);
  const script = `#!/bin/sh
case " $* " in *' update-ref refs/heads/'*) ;; *) exec '${real}' "$@" ;; esac
if mkdir '${claim}' 2>/dev/null; then
  for last in "$@"; do ref=$new new=$old old=$last; done
  {
    printf 'start\nupdate %s %s %s\nprepare\n' "$ref" "$new" "$old"
    until [ -e '${release}' ]; do sleep 0.05; done
    echo commit
  } | '${real}' update-ref --stdin | while read -r line; do
    case $line in 'prepare: ok') mkdir '${holds}' ;; esac
  done
  exit
fi
'${real}' "$@"
code=$?
[ $code -eq 0 ] || mkdir -p '${refused}'
exit $code
`;
  await writeFile(join(bin, 'git'), script, { mode: 0o755 });
  return {
    bin,
    holds: () => existsSync(holds ?? ''),
    refused: () => existsSync(refused ?? ''),
    release: async () => {
      await mkdir(release ?? '', { recursive: true });
    },
  };
}

function realGit(): string {
  const real = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((each) => join(each, 'git'))
    .find((each) => existsSync(each));
  if (real === undefined) throw new Error('git is not installed.');
  return real;
}
