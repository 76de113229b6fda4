/** Reads what `media/remote.sh` prints. */
import type { RunProcess, RunState, StopReport } from '../executor.ts';
import { parseExit } from '../run-files.ts';

/** The line that tells of the agent's state. Anything that cannot be read cannot be told. */
export function parseState(text: string): RunState {
  const line = text.split('\n').findLast((each) => each !== '' && !each.startsWith('size ')) ?? '';
  const [word = '', ...rest] = line.split(' ');
  const reason = rest.join(' ');
  switch (word) {
    case 'exited':
      return parseExit(reason);
    case 'running':
      return /^\d+$/u.test(reason) ? { state: 'running', pid: Number(reason) } : unreadable(line);
    case 'ended':
      return { state: 'exited' };
    case 'gone':
      return { state: 'gone', reason };
    case 'unknown':
      return { state: 'unknown', reason };
    case 'not-started':
      return { state: 'not-started' };
    default:
      return unreadable(line);
  }
}

function unreadable(line: string): RunState {
  return { state: 'unknown', reason: `the other host said "${line.slice(0, 100)}"` };
}

/** Size of the stream on the other host, in bytes. */
export function parseSize(text: string): number {
  return Number(/^size (\d+)$/mu.exec(text)?.[1] ?? 0);
}

/** Lines of `pid TAB start TAB how TAB name`, those that begin with `prefix`. */
export function parseProcesses(text: string, prefix = ''): RunProcess[] {
  return text.split('\n').flatMap((line): RunProcess[] => {
    if (!line.startsWith(prefix)) return [];
    const [pid = '', startTime, how, name = ''] = line.slice(prefix.length).split('\t');
    if (!/^\d+$/u.test(pid) || startTime === undefined || !isHow(how)) return [];
    return [{ pid: Number(pid), startTime, by: how, name }];
  });
}

function isHow(word: string | undefined): word is RunProcess['by'] {
  return word === 'agent' || word === 'wrapper' || word === 'mark' || word === 'descent';
}

/** What `stop` and `sweep` tell. */
export function parseSwept(text: string): Pick<StopReport, 'killed' | 'left'> {
  const left = parseProcesses(text, 'left ');
  const remaining = new Set(left.map(({ pid, startTime }) => `${pid} ${startTime}`));
  const killed = new Map(
    parseProcesses(text, 'killed ').map((each) => [`${each.pid} ${each.startTime}`, each] as const),
  );
  return { killed: [...killed].flatMap(([key, each]) => (remaining.has(key) ? [] : [each])), left };
}

/** The strongest signal that `stop` sent. */
export function parseSignal(text: string): StopReport['signal'] {
  const found = /^signal (none|SIGTERM|SIGKILL)$/mu.exec(text)?.[1];
  return found === 'SIGTERM' || found === 'SIGKILL' ? found : 'none';
}
