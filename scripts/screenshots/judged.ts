/** A session whose turns were judged, and many earlier verdicts with what people said of them: a journal as an engine writes it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coppiceDomain } from '../../src/core/coppice-domain.ts';
import type { NewEvent } from '../../src/core/domain.ts';
import { event } from '../../src/core/events.ts';
import { noUsage } from '../../src/core/agent/usage.ts';
import type { Decided } from '../../src/core/supervision/judgement.ts';
import type { Issue } from '../../src/core/supervision/validation.ts';
import { repositoryId } from '../../src/git/locate.ts';
import { StateManager } from '../../src/state/state-manager.ts';
import type { Machine } from '../../test/integration/cli/machine.ts';

/** Title of the session that is judged. */
export const judgedTitle = 'Say how sure a tide is';

const earlier = 160;
const [judged, past] = ['00000000-0000-4000-8000-00000000c0de', '00000000-0000-4000-8000-00000000beef'];
const gate = { kind: 'test' as const, command: ['node', '--test'], from: 'package.json' };
const treeOf = (turn: number): string => String(turn).padStart(40, 'c');

/** Before the machine's engine is started. */
export async function seedJudged(machine: Machine): Promise<void> {
  const state = await StateManager.open({ home: machine.home, domain: coppiceDomain, clock: Date.now });
  try {
    const outputs = join(machine.root, 't', 'gates');
    await mkdir(outputs, { recursive: true });
    await writeFile(join(outputs, '1.log'), refusal);
    await writeFile(join(outputs, '2.log'), '# tests 14\n# pass 14\n# fail 0\n');
    await state.transact('engine', () => [
      ...lifeOf(past, 'What was judged before', earlier, machine.repo),
      ...Array.from({ length: earlier }, (_, at) => earlierVerdict(at, machine.repo)).flat(),
      event('session.archived', { session: past }),
    ]);
    await state.transact('engine', () => [
      ...lifeOf(judged, judgedTitle, 3, machine.repo),
      ...chain(machine.repo, outputs),
    ]);
  } finally {
    await state.close();
  }
}

/** A session of so many turns that has reported. */
function lifeOf(session: string, title: string, turns: number, root: string): NewEvent[] {
  const path = `${root}/.git/nowhere/${session.slice(-4)}`;
  const place = { path, slug: 'judged', branch: 'feature/judged', base: 'main', baseCommit: '0'.repeat(40) };
  const intent = `spawn-${session.slice(-4)}`;
  return [
    event('session.created', {
      ...{ session, mode: 'dispatch', agent: 'demo', agentOptions: {}, executor: 'local', priority: 'normal' },
      task: { id: `coppice.judged.${session.slice(-7)}`, uuid: session, title },
      repository: { id: repositoryId(`${root}/.git`), root },
      request: {},
      requester: { by: 'user:you', env: {}, secrets: [], settings: {} },
    }),
    event('prompt.added', { session, prompt: 1, text: `${title}: each line of the table has a range.`, steer: false }),
    event('session.admitted', { session }),
    event('worktree.ready', {
      ...{ session, repository: repositoryId(`${root}/.git`) },
      worktree: { ...place, admin: `${root}/.git/worktrees/judged`, common: `${root}/.git`, origin: 'created' },
    }),
    event('supervision.begun', { session, level: 'supervised', gates: [gate], review: true }),
    event('intent.opened', { intent, session, effect: { kind: 'spawn', run: 1, offset: 0 } }),
    event('run.started', { session, run: 1, offset: 0, record: { pid: 1 }, inputs: 0, intent }),
    ...Array.from({ length: turns }, (_, at) => turnOf(session, at + 1)).flat(),
    event('run.exited', { session, run: 1, code: 0 }),
  ];
}

function turnOf(session: string, turn: number): NewEvent[] {
  const text = 'The table has a range.';
  return [
    event('turn.started', { session, turn, prompt: 1, run: 1, offset: turn * 10 }),
    event('turn.ended', {
      ...{ session, turn, text, outcome: 'success', reason: 'completed', usage: noUsage, denials: 0 },
      offset: turn * 10 + 5,
    }),
  ];
}

/** Every fifth question was unnecessary, one accept in twenty wrong. */
function earlierVerdict(at: number, root: string): NewEvent[] {
  const score = ((at * 37) % 100) / 100;
  const asked = score < 0.6;
  const good = asked ? at % 5 === 0 : at % 20 !== 7;
  const found = { tree: treeOf(at), issues: [], files: 1, lines: 10 };
  const place = { session: past, turn: at + 1 };
  return [
    event('turn.validated', { ...place, ...found, repository: repositoryId(`${root}/.git`) }),
    event('turn.decided', {
      ...place,
      decided: {
        ...{ action: asked ? 'ask' : 'finish', sentence: '', factors: [], weights: [], score, calibrated: score },
      },
    }),
    event('turn.commented', { ...place, word: { good, ...(asked && good ? { unnecessary: true } : {}) } }),
  ];
}

/** Refused by the tests, sent on by the model, let through. */
function chain(root: string, outputs: string): NewEvent[] {
  const gates = (say: boolean): Decided['weights'][number] => ({
    ...{ name: 'gates', weight: say ? 2.5 : -4 },
    sentence: say ? 'All gates passed.' : 'The gate `node --test` failed.',
  });
  const criteria = (met: boolean) => [
    { criterion: 'Each line of the table has a range', met: true },
    { criterion: 'The README says how the range is found', met },
  ];
  return [
    ...judgedTurn(1, root, {
      ...{ output: join(outputs, '1.log'), passed: false, issues: [] },
      decided: {
        ...{ action: 'retry', score: 0.08, calibrated: 0.12, prompt: 2, factors: ['gates'] },
        sentence: 'The gate `node --test` ended with code 1. It is tried once more with what the gate printed.',
        weights: [gates(false), { name: 'size', weight: 0.2, sentence: '96 lines changed.' }],
      },
    }),
    ...judgedTurn(2, root, {
      ...{ output: join(outputs, '2.log'), passed: true },
      issues: [
        { kind: 'unfinished', sentence: 'It says itself that it is not done: “I still have to document the range”.' },
      ],
      review: { verdict: 'not-done', criteria: criteria(false), model: 'qwen3:8b' },
      decided: {
        ...{ action: 'continue', score: 0.48, calibrated: 0.55, prompt: 3, factors: ['review'] },
        sentence: 'The model qwen3:8b finds that it is not done: The README says how the range is found.',
        weights: [gates(true), { name: 'review', weight: -2, sentence: 'The model says that it is not done.' }],
      },
    }),
    event('turn.commented', { session: judged, turn: 2, word: { good: false } }),
    ...judgedTurn(3, root, {
      ...{ output: join(outputs, '2.log'), passed: true, issues: [] },
      review: { verdict: 'done', criteria: criteria(true), model: 'qwen3:8b' },
      decided: {
        ...{ action: 'finish', score: 0.93, calibrated: 0.9, factors: ['gates', 'review'] },
        sentence: 'It is done: all gates passed, and the model finds every criterion met (90 % sure).',
        weights: [
          gates(true),
          { name: 'review', weight: 2, sentence: 'The model finds every criterion met.' },
          { name: 'size', weight: 0.4, sentence: '12 lines changed.' },
        ],
      },
    }),
    event('session.settled', {
      ...{
        session: judged,
        outcome: 'reported',
        worktree: `${root}/.git/nowhere/c0de`,
        text: 'The table has a range.',
      },
      changes: { commit: '1'.repeat(40), tree: treeOf(3), files: 3, insertions: 96, deletions: 12 },
    }),
  ];
}

interface Outcome {
  readonly output: string;
  readonly passed: boolean;
  readonly issues: readonly Issue[];
  readonly review?: { verdict: 'done' | 'not-done'; criteria: { criterion: string; met: boolean }[]; model: string };
  readonly decided: Decided;
}

function judgedTurn(turn: number, root: string, { output, passed, issues, review, decided }: Outcome): NewEvent[] {
  const [place, tree] = [{ session: judged, turn }, treeOf(turn)];
  const evidence = { tree, passed, output, command: gate.command, code: passed ? 0 : 1, ms: 1412 };
  const intent = `gate-${turn}`;
  return [
    event('turn.validated', {
      ...{ ...place, tree, issues, files: 3, lines: turn === 3 ? 12 : 96 },
      repository: repositoryId(`${root}/.git`),
    }),
    event('intent.opened', { intent, session: judged, effect: { kind: 'gate', tree, command: gate.command } }),
    event('gate.answered', { ...place, evidence, after: tree, intent }),
    ...(review === undefined ? [] : [event('turn.reviewed', { ...place, tree, review })]),
    event('turn.decided', { ...place, decided }),
  ];
}

const refusal = `not ok 12 - a range is never negative
  ---
  expected: 0
  actual: -0.2
  ...
# tests 14
# pass 13
# fail 1
`;
