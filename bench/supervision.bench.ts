/**
 * What judging adds to a turn beside its gates and its model, in a real engine; and what the supervisor computes: counting tokens, and
 * the ruling of an approval policy on a tool.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Evidence } from '../src/core/landing/state.ts';
import { policyOf, rulingOn } from '../src/core/supervision/policy.ts';
import { toolMoment, toolUse } from '../src/core/supervision/moments.ts';
import { tokensAtMost, usualScale } from '../src/core/supervision/tokens.ts';
import type { Connection } from '../src/protocol/client/connect.ts';
import { pause, withResolvers } from '../src/protocol/client/deadline.ts';
import { machineLoad, median, ms, percentile, ratio, row, timed } from './support/figures.ts';
import { BenchPlace } from './support/place.ts';

const run = promisify(execFile);
const turns = 40;
const warmUp = 5;
const judged = `supervision:
  model: none
  gates:
    - ['true']
`;

/** When the records of one judged turn arrived, in milliseconds of this process, and how long its gate ran. */
interface Turn {
  readonly at: ReadonlyMap<string, number>;
  readonly gateMs: number;
  /** What turns that time into the system's at that moment: the two go apart over a run of minutes. */
  readonly zero: number;
}

/** Resolves with the next turn that is decided on. */
function nextTurn(connection: Connection): Promise<Turn> {
  const { promise, resolve } = withResolvers<Turn>();
  const at = new Map<string, number>();
  let gateMs = 0;
  const quiet = connection.on('records', ({ records }) => {
    for (const { type, data } of records) {
      if (type === 'turn.ended') at.clear();
      at.set(isTurnEnd(type, data) ? 'kept' : type, performance.now());
      if (type === 'gate.answered') gateMs = (data['evidence'] as Evidence).ms;
      if (type !== 'turn.decided') continue;
      quiet();
      resolve({ at, gateMs, zero: Date.now() - performance.now() });
    }
  });
  return promise;
}

/** The files are kept as the turn has left them. */
function isTurnEnd(type: string, data: Readonly<Record<string, unknown>>): boolean {
  return type === 'checkpoint.made' && (data['checkpoint'] as { kind: string }).kind === 'turn-end';
}

async function judging(files: number): Promise<void> {
  const place = await BenchPlace.make(files, judged);
  // What each git process of the engine takes, by its own clock: a look differs from turn to turn by more than all else.
  const trace = join(place.root, 'trace');
  const own = join(place.env['HOME'] ?? '', '.gitconfig');
  await writeFile(own, `[trace2]\n\teventTarget = ${trace}\n`);
  try {
    const connection = await place.connect();
    await connection.request('trust/grant', { path: place.repository, host: true });
    const { lastSeq } = await connection.request('engine/status', {});
    await connection.request('events/subscribe', { from: lastSeq + 1 });
    const samples: Turn[] = [];
    const floors: Floor[] = [];
    const requester = { env: place.env, secrets: {} };
    let id = '';
    for (let at = 0; at < turns; at += 1) {
      const turn = nextTurn(connection);
      const prompt = `judged ${at} #write:notes-${at}.md`;
      if (id === '') {
        const asked = { path: place.repository, prompt, agent: 'demo', requester };
        id = (await connection.request('session/create', asked)).session?.id ?? '';
      } else {
        await settled(connection, id);
        await connection.request('session/continue', { session: id, prompt, requester });
      }
      samples.push(await turn);
      const { worktree } = await connection.request('session/show', { session: id });
      const git = (...args: readonly string[]): Promise<number> =>
        timed(() =>
          run('git', [...args], { cwd: worktree ?? undefined, env: { ...place.env, GIT_CONFIG_GLOBAL: own } }),
        );
      const status = await git('status', '--porcelain');
      const began = Date.now();
      floors.push({ status, look: { began, ended: began + (await git(...looking)) } });
    }
    figures(`${files} files`, samples.slice(warmUp), floors.slice(warmUp), looksIn(trace));
  } finally {
    await place.remove();
  }
}

/** The process of which a look at all files mostly consists. */
const looking = ['ls-files', '--modified', '--deleted', '--others', '--exclude-standard', '-z'];

/** When something began and ended, in milliseconds since 1970. */
interface Span {
  readonly began: number;
  readonly ended: number;
}

/** What git alone takes in the worktree of a turn that was judged a moment ago: milliseconds of `git status`, and a look. */
interface Floor {
  readonly status: number;
  readonly look: Span;
}

/** The looks at all files of a worktree among all that git noted of its processes, by its own clock. */
function looksIn(trace: string): readonly Span[] {
  const began = new Map<string, number>();
  const looks: Span[] = [];
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    if (line === '') continue;
    const noted = JSON.parse(line) as { event: string; sid: string; time: string; argv?: string[]; t_abs?: number };
    if (noted.event === 'start' && noted.argv?.slice(1).join(' ') === looking.join(' '))
      began.set(noted.sid, Date.parse(noted.time));
    const at = began.get(noted.sid);
    if (noted.event === 'exit' && at !== undefined) looks.push({ began: at, ended: at + (noted.t_abs ?? 0) * 1000 });
  }
  return looks;
}

/** What is read of two clocks one after the other is a little apart. */
const apartMs = 10;

/** What the looks in a stretch of time took. Where there were more (the radar reads a worktree now and then), the shortest count. */
function tookIn(looks: readonly Span[], { began, ended }: Span, many: number): number {
  const own = looks.filter((each) => each.began >= began - apartMs && each.ended <= ended + apartMs);
  const times = own.map((each) => each.ended - each.began).sort((a, b) => a - b);
  if (times.length < many) throw new Error(`There are ${times.length} looks at all files where ${many} are expected.`);
  return times.slice(0, many).reduce((sum, each) => sum + each, 0);
}

/** Before its first gate and after each. */
const looks = 2;

/** The checkpoint at the end of a turn is taken whether anybody judges or not. */
function figures(what: string, samples: readonly Turn[], floors: readonly Floor[], all: readonly Span[]): void {
  const between = (from: string, to: string): number[] =>
    samples.map(({ at }) => (at.get(to) ?? NaN) - (at.get(from) ?? NaN));
  const gates = samples.map(({ gateMs }) => gateMs);
  const whole = between('kept', 'turn.decided').map((each, index) => each - (gates[index] ?? NaN));
  row(`${what}: a turn judged, without its gate, p50`, ms(median(whole)));
  row(`${what}: the same, p95`, ms(percentile(whole, 0.95)));
  const statuses = floors.map(({ status }) => looks * status);
  ratio(`${what}: the same, p50`, median(whole), median(statuses), `${looks} × git status in that worktree`);
  // A process takes longer than it says itself: it has to be made, and to be gone.
  const beside = median(floors.map(({ look }) => look.ended - look.began - tookIn(all, look, 1)));
  const rest = whole.map((each, index) => {
    const { at, zero } = samples[index] ?? { at: new Map<string, number>(), zero: NaN };
    const [began = NaN, ended = NaN] = ['kept', 'turn.decided'].map((name) => (at.get(name) ?? NaN) + zero);
    return each - tookIn(all, { began, ended }, looks) - looks * beside;
  });
  row(`${what}: less the ${looks} git processes that looked at all files in it, p50`, ms(median(rest)));
  row(`${what}: the same, p95`, ms(percentile(rest, 0.95)), 'goal ≤ 20 ms');
  row(`${what}: the same, least / lower quartile`, `${ms(Math.min(...rest))} / ${ms(percentile(rest, 0.25))}`);
  const around = between('turn.validated', 'gate.answered').map((each, index) => each - (gates[index] ?? NaN));
  row(`${what}: of that, looked at and validated, p50`, ms(median(between('kept', 'turn.validated'))));
  row(`${what}: of that, files kept and compared around the gate, p50`, ms(median(around)));
  const decided = between('gate.answered', 'turn.decided');
  row(`${what}: of that, decided, p50 / p95`, `${ms(median(decided))} / ${ms(percentile(decided, 0.95))}`);
  row(`${what}: beside it, its gate (\`true\`) with the look for what it left, p50`, ms(median(gates)));
}

/** Until the work of the session is at rest. */
async function settled(connection: Connection, session: string): Promise<void> {
  while ((await connection.request('session/show', { session })).status === 'running') await pause(5);
}

function taken(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

const source = readFileSync(join(import.meta.dirname, '..', 'src', 'core', 'session', 'reducer.ts'), 'utf8');
const megabyte = source.repeat(Math.ceil(1_000_000 / source.length)).slice(0, 1_000_000);

for (let i = 0; i < 5; i += 1) tokensAtMost(megabyte, usualScale);
const counts = Array.from({ length: 50 }, () => taken(() => tokensAtMost(megabyte, usualScale)));
row('tokens of 1 MB of source, p50', `${median(counts).toFixed(1)} ms`);
row('tokens of 1 MB of source, p95', `${percentile(counts, 0.95).toFixed(1)} ms`);

const policy = policyOf({
  'approval.ask': Array.from({ length: 10 }, (_, at) => `path folder${at}/**`),
  'approval.forbid': Array.from({ length: 10 }, (_, at) => `command tool${at} publish*`),
});
const moment = toolMoment(
  's',
  toolUse('Bash', { command: 'cd src && npm test -- --grep x | tee out' }, '/w'),
  'before',
  [],
);
for (let i = 0; i < 2000; i += 1) rulingOn(policy, moment);
const rulings = Array.from({ length: 2000 }, () => taken(() => rulingOn(policy, moment)) * 1000);
row('ruling of 20 rules on a command, p50', `${median(rulings).toFixed(1)} µs`);
row('ruling of 20 rules on a command, p95', `${percentile(rulings, 0.95).toFixed(1)} µs`);

for (const files of [200, 10_000]) await judging(files);
row('load', machineLoad());
