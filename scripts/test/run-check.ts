import { existsSync } from 'node:fs';
import { run } from '../bootstrap/command.mjs';
import type { Check } from './lanes.ts';
import { say, seconds, trouble, type Outcome } from './outcome.ts';

export interface Place {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Fires when the whole run must end. */
  readonly signal: AbortSignal;
}

/** Runs one check; what it printed is shown only when it fails. */
export async function runCheck(check: Check, { root, env, signal }: Place): Promise<Outcome> {
  const [tool, ...args] = check.command;
  const [script] = args;
  if (tool === 'node' && script !== undefined && !existsSync(`${root}/${script}`)) {
    return failed(check.name, 0, `${script} is not there.`);
  }
  say(check.name, `started (limit ${check.limitS} s)`);
  const progress = heartbeat(check.name, () => 'still at work');
  const output: string[] = [];
  const limitMs = check.limitS * 1000;
  const plain = { ...env, NO_COLOR: '1', FORCE_COLOR: undefined };
  const ended = await run(tool, args, { cwd: root, env: plain, limitMs, signal, output: (text) => output.push(text) });
  clearInterval(progress);
  const printed = output.join('').trimEnd();
  if (ended.code === 0) {
    if (check.name === 'build') console.log(printed);
    say(check.name, `ok in ${seconds(ended.ms)}`);
    return { name: check.name, passed: 1, failures: [], ms: ended.ms, times: [] };
  }
  const how =
    ended.how === 'over-limit'
      ? `It was not done after ${check.limitS} s.`
      : ended.how === 'aborted'
        ? 'It was ended early.'
        : '';
  say(check.name, `FAILED after ${seconds(ended.ms)}`);
  return failed(check.name, ended.ms, `${how}\n${lastLines(printed, 200)}`.trim());
}

/** The outcome of a part that could not do its work at all. */
export function failed(name: string, ms: number, detail: string): Outcome {
  return { name, passed: 0, failures: [trouble(name, detail)], ms, times: [] };
}

export function lastLines(text: string, count: number): string {
  const lines = text.split('\n');
  return lines.length <= count ? text : `… ${lines.length - count} lines …\n${lines.slice(-count).join('\n')}`;
}

/** Says every 15 seconds that the part is alive; the caller clears it. */
export function heartbeat(part: string, status: () => string): NodeJS.Timeout {
  const begun = performance.now();
  return setInterval(() => say(part, `${seconds(performance.now() - begun)}: ${status()}`), 15_000);
}
