/**
 * Plays every behaviour on every task with the real Claude Code and a scripted model, labels each turn by running the task's
 * own check, and writes `cases.jsonl` and `held-out.jsonl`. It calls no scorer: labels are written before any sees a case.
 *
 *     node test/agents/install.mjs && node scripts/corpus/build.ts
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentEvent } from '../../src/core/agent/events.ts';
import { ClaudeRun, type Ended } from '../../test/agents/claude-run.ts';
import { startScriptedModel, type ScriptedModel } from '../../test/support/scripted-model/index.ts';
import { behaviours, type Behaviour } from '../../test/corpus/behaviours.ts';
import { corpusFolder, type Case } from '../../test/corpus/case.ts';
import type { Task } from '../../test/corpus/task.ts';
import { tasks } from '../../test/corpus/tasks/index.ts';
import { words } from '../../test/corpus/words.ts';
import { heldOutWords } from '../../test/corpus/words-held-out.ts';
import { git, judged, lay, run } from './repository.ts';

const turnLimitMs = 120_000;
const atOnce = 2;

const statuses: Readonly<Record<string, Case['turn']['files'][number]['status']>> = {
  A: 'added',
  D: 'deleted',
  M: 'modified',
  T: 'type-changed',
};

/** What the turn has changed, by git. */
async function filesOf(repository: string): Promise<Case['turn']['files']> {
  const fields = async (what: string): Promise<string[]> =>
    (await git(repository, 'diff', '--cached', '--no-renames', what, '-z')).split('\0').filter((each) => each !== '');
  await git(repository, 'add', '--all');
  const names = await fields('--name-status');
  const lines = new Map((await fields('--numstat')).map((row) => row.split('\t')).map((row) => [row[2], row]));
  return names.flatMap((letter, at) => {
    const [status, path] = [statuses[letter], names[at + 1]];
    if (at % 2 === 1 || status === undefined || path === undefined) return [];
    const [more = '-', less = '-'] = lines.get(path) ?? [];
    return [{ path, status, ...(more !== '-' && { insertions: Number(more), deletions: Number(less) }) }];
  });
}

/** Gives the prompt, allows all that is asked, and waits for the end of the turn. */
async function turnOf(folder: string, url: string, prompt: string): Promise<{ end: Ended; events: AgentEvent[] }> {
  const claude = await ClaudeRun.start({ folder, url });
  claude.prompt(prompt);
  const deadline = performance.now() + turnLimitMs;
  for (let at = 0; ;) {
    const event = claude.events[at];
    if (event === undefined) {
      if (performance.now() > deadline) throw new Error(`no end of: ${prompt}`);
      await delay(20);
      continue;
    }
    at += 1;
    if (event.kind === 'asked') claude.answer(event.request, { choice: 'allow' });
    if (event.kind === 'turn-ended') {
      claude.kill('SIGKILL');
      return { end: event, events: claude.events };
    }
  }
}

async function play(model: ScriptedModel, task: Task, behaviour: Behaviour, n: number): Promise<Case> {
  const id = `${task.name}/${behaviour.name}`;
  const folder = await mkdtemp(join(tmpdir(), 'corpus-'));
  try {
    const repository = join(folder, 'repository');
    await lay(repository, { ...task.files, ...behaviour.files });
    await git(repository, 'init', '--quiet');
    await git(repository, 'add', '--all');
    await git(repository, 'commit', '--quiet', '--message', 'base');
    model.setScenario(id.replace('/', '-'), behaviour.play(task, n, isHeldOut(id) ? heldOutWords : words));
    const { end, events } = await turnOf(folder, model.url, `#S:${id.replace('/', '-')} ${task.prompt}`);
    const files = await filesOf(repository);
    const foreign = files.some(
      ({ path }) => !task.allowed.some((each) => path === each || path.startsWith(`${each}/`)),
    );
    const presentFiles = task.expected.filter((path) => existsSync(join(repository, path)));
    const gated = 'package.json' in task.files;
    const gate = gated ? { command: ['npm', 'test'], code: (await run(repository, 'npm', 'test')).code } : undefined;
    const done = (await judged(repository, task)) && !foreign;
    const strays = foreign || presentFiles.length < task.expected.length;
    return {
      id,
      task: task.name,
      behaviour: behaviour.name,
      prompt: task.prompt,
      criteria: [...task.criteria],
      allowed: [...task.allowed],
      expected: [...task.expected],
      turn: {
        outcome: end.outcome,
        reason: end.reason,
        text: end.text ?? '',
        denials: end.denials,
        malformedLines: events.filter(({ kind }) => kind === 'malformed').length,
        files,
        presentFiles,
      },
      ...(gate === undefined ? {} : { gate }),
      label: { done, fault: behaviour.fault === 'none' && strays ? 'files' : behaviour.fault },
    };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** A third of the cases, chosen by their names alone. */
function isHeldOut(id: string): boolean {
  return createHash('sha256').update(id).digest().readUInt32BE() % 3 === 0;
}

const model = await startScriptedModel();
const waiting = behaviours.flatMap((behaviour, b) => tasks.map((task, t) => ({ behaviour, task, n: t + b })));
const played: Case[] = [];
async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    played.push(await play(model, next.task, next.behaviour, next.n));
    const { id, label } = played.at(-1) ?? {};
    console.log(`${played.length} ${id}: ${JSON.stringify(label)}`);
  }
}
await Promise.all(Array.from({ length: atOnce }, work));
await model.close();
played.sort((a, b) => (a.id < b.id ? -1 : 1));
for (const [name, part] of [
  ['cases', played.filter(({ id }) => !isHeldOut(id))],
  ['held-out', played.filter(({ id }) => isHeldOut(id))],
] as const) {
  await writeFile(join(corpusFolder, `${name}.jsonl`), part.map((each) => `${JSON.stringify(each)}\n`).join(''));
  console.log(`${name}: ${part.length}`);
}
