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
  const real = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((each) => join(each, 'git'))
    .find((each) => existsSync(each));
  if (real === undefined) throw new Error('git is not installed.');
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
