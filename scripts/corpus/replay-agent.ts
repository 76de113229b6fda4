/**
 * An agent that plays a turn of the corpus again in a real worktree, over the line protocol: first as it was, and then, each time that it is
 * sent back, once more as it was, until a prompt names what was wrong; from then on it does the right thing. In the mode `tests` it also writes
 * the tests that it is asked for, and they are as good as the task's own check; in the mode `usual` they are
 * the ones that the corpus has for the task. Asked to check its work it runs the project's tests, but in the mode `idle`. Arguments: a folder of plans, the mode, and the prompt.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asksForTests, isTold, type Part, type Plan } from './plan.ts';

const [folder = '', mode = '', prompt = ''] = process.argv.slice(2);
const name = /\(case ([\w.-]+)\)/u.exec(prompt)?.[1] ?? '';
const plan = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Plan;

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Runs the project's tests, as the prompt wants it of an agent that is to check its work, and tells that and how it went. */
function check(): void {
  say({ type: 'tool', id: 'check', name: 'Bash', input: { command: 'node --test' } });
  say({ type: 'tool-end', id: 'check', ok: spawnSync('node', ['--test']).status === 0 });
}

function play({ edits, text, outcome, reason }: Part): void {
  for (const [path, content] of Object.entries(edits)) {
    mkdirSync(dirname(path), { recursive: true });
    if (content === null) rmSync(path, { force: true });
    else writeFileSync(path, content);
  }
  if (mode !== 'idle' && /by running what can be run/u.test(prompt)) check();
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
