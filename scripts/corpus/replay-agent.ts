/**
 * An agent that plays a turn of the corpus again in a real worktree, over the line protocol: first as it was, and then, each time that it is
 * sent back, once more as it was, until a prompt names what was wrong; from then on it does the right thing. In the mode `tests` it also writes
 * the tests that it is asked for, and they are as good as the task's own check; in the mode `usual` they are
 * the ones that the corpus has for the task. Arguments: a folder of plans, the mode, and the prompt.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asksForTests, isTold, type Part, type Plan } from './plan.ts';

const [folder = '', mode = '', prompt = ''] = process.argv.slice(2);
const name = /\(case ([\w.-]+)\)/u.exec(prompt)?.[1] ?? '';
const plan = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Plan;

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function play({ edits, text, outcome, reason }: Part): void {
  for (const [path, content] of Object.entries(edits)) {
    mkdirSync(dirname(path), { recursive: true });
    if (content === null) rmSync(path, { force: true });
    else writeFileSync(path, content);
  }
  say({ type: 'result', outcome, reason, text });
}

say({ type: 'session', session: name, model: 'replay', version: '1' });
const first = prompt.startsWith(plan.prompt);
// Each turn is a process of its own: what the conversation has said stands here.
const testing = mode === 'tests' ? plan.tested : mode === 'usual' ? plan.usual : plan.first;
const told = join(folder, `${name}.told`);
if (!first && isTold(plan, prompt)) writeFileSync(told, '');
if (existsSync(told)) play(plan.mended);
else play(!first && asksForTests(prompt) ? testing : plan.first);
