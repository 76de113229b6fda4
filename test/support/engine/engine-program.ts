/** An engine from the sources that may end itself with SIGKILL at one of its commits. Argument: its `Plan` as JSON. */
import { appendFileSync, readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { openApp } from '../../../src/engine/app.ts';
import { runEngine } from '../../../src/engine/process/run.ts';
import { homePath } from '../../../src/protocol/client/home.ts';
import type { KillPoint, Plan } from './plan.ts';

const plan = JSON.parse(process.argv[2] ?? '{}') as Plan;
let commits = 0;
flushCompileCache(); // an engine that is killed writes none

await runEngine({
  home: homePath(process.env),
  version: '0.0.0-source',
  checkResults: true,
  idleSeconds: 600,
  open: (engine) =>
    openApp(engine, {
      shipped: {
        wrapper: plan.wrapper,
        demoAgent: plan.agent,
        acpBridge: '',
        helpServer: '',
        cli: '',
        prompts: plan.prompts,
      },
      env: process.env,
      ...(plan.clock === undefined ? {} : { clock: shiftedBy(plan.clock) }),
      beforeCommit: () => {
        commits += 1;
        if (isHere('before')) die();
      },
      afterCommit: (records) => {
        const types = records.map(({ type }) => type);
        appendFileSync(plan.commits, `${commits} ${types.join(' ')}\n`);
        if (isHere('after', types)) die();
      },
    }),
});

function isHere(when: KillPoint['when'], types: readonly string[] = []): boolean {
  const { kill } = plan;
  if (kill === undefined || kill.when !== when) return false;
  return 'commit' in kill ? kill.commit === commits : types.includes(kill.type);
}

function shiftedBy(file: string): () => number {
  return () => Date.now() + Number(readFileSync(file, 'utf8'));
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
