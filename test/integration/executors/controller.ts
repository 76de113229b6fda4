/** A second process that drives the executor, to be killed or raced by a test. Prints one line of JSON per step. */
import { LocalExecutor } from '../../../src/executors/local/local-executor.ts';
import type { RunRef, RunSpec } from '../../../src/executors/executor.ts';
import { wrapperPath } from './workbench.ts';

export type Task =
  /** Says `ready`, starts at the given time (milliseconds since 1970), says the record. */
  | { readonly do: 'start'; readonly spec: RunSpec; readonly at: number }
  | { readonly do: 'start-and-tail'; readonly spec: RunSpec }
  | { readonly do: 'write'; readonly run: RunRef; readonly from: number; readonly to: number; readonly text: string }
  | { readonly do: 'stop'; readonly run: RunRef };

const executor = new LocalExecutor({ wrapperPath });
const never = new AbortController().signal;
const task = JSON.parse(process.argv[2] ?? '') as Task;

function say(what: unknown): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

switch (task.do) {
  case 'start': {
    await executor.warmUp();
    say('ready');
    while (Date.now() < task.at) await new Promise((resolve) => setImmediate(resolve));
    say(await executor.start(task.spec, never));
    break;
  }
  case 'start-and-tail': {
    await executor.start(task.spec, never);
    await executor.tail(task.spec, 0, {
      onLines: (lines) => lines.forEach(({ text, end }) => say({ text, end })),
      signal: never,
    });
    break;
  }
  case 'write': {
    for (let n = task.from; n <= task.to; n += 1) {
      say({ n, state: await executor.write(task.run, n, `${task.text} ${n}\n`) });
    }
    break;
  }
  case 'stop': {
    say(await executor.stop(task.run, { graceMs: 20_000 }));
    break;
  }
}
