/**
 * An agent that plays a turn of the corpus again in a real worktree, over the line protocol: first as it was, and then, each time that it is
 * sent back, once more as it was, unless the prompt names what was wrong. Arguments: a folder of plans, and the prompt.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isTold, type Part, type Plan } from './plan.ts';

const [folder = '', prompt = ''] = process.argv.slice(2);
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
play(!first && isTold(plan, prompt) ? plan.mended : plan.first);
