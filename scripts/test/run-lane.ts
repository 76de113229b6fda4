import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { run } from '../bootstrap/command.mjs';
import type { Lane } from './lanes.ts';
import { say, seconds, trouble, type Outcome } from './outcome.ts';
import { heard, type Failure, type Happening } from './report.ts';
import { failed, heartbeat, lastLines, type Place } from './run-check.ts';
import { removeScratch } from './scratch.ts';

/** What the person who started the run wants of mocha. */
export interface Selection {
  /** Files, folders or globs instead of the lane's own. */
  readonly specs: readonly string[];
  /** Options of mocha, e.g. `--grep`. */
  readonly options: readonly string[];
}

type Ended = Awaited<ReturnType<typeof run>>;

/** Runs the tests of one lane in a process of its own. What goes wrong on the way is a failure of the lane, and so is what stays behind. */
export async function runLane(lane: Lane, selection: Selection, place: Place, coverage?: string): Promise<Outcome> {
  const scratch = await mkdtemp(join(tmpdir(), 'cop-'));
  const ran = await runIn(scratch, lane, selection, place, coverage).catch((error: unknown) =>
    failed(lane.name, 0, inspect(error)),
  );
  const outcome = { ...ran, failures: [...ran.failures, ...(await removeScratch(scratch, place.env))] };
  for (const failure of outcome.failures) say(lane.name, `FAILED ${failure.title}`);
  say(lane.name, `${outcome.passed} passed, ${outcome.failures.length} failed in ${seconds(outcome.ms)}`);
  return outcome;
}

async function runIn(
  scratch: string,
  lane: Lane,
  selection: Selection,
  place: Place,
  coverage: string | undefined,
): Promise<Outcome> {
  const folders = { home: join(scratch, 'home'), temp: join(scratch, 't'), runtime: join(scratch, 'r') };
  await Promise.all(Object.values(folders).map((folder) => mkdir(folder, { mode: 0o700 })));
  const report = join(scratch, 'report.jsonl');
  say(lane.name, `started (limit ${lane.limitS} s)`);
  const progress = heartbeat(lane.name, () => status(heard(report)));
  const output: string[] = [];
  const [tool, ...before] = lane.program ?? ['mocha'];
  const ended = await run(tool, [...before, ...mochaArguments(lane, selection)], {
    cwd: place.root,
    env: {
      ...place.env,
      COPPICE_TEST_REPORT: report,
      ...(lane.isolated && isolation(folders)),
      ...(coverage !== undefined && { NODE_V8_COVERAGE: coverage }),
    },
    limitMs: lane.limitS * 1000,
    signal: place.signal,
    output: (text) => output.push(text),
  });
  clearInterval(progress);
  const happenings = heard(report);
  const failures = [
    ...happenings.filter((each) => each.kind === 'failed'),
    ...mishaps(lane, ended, happenings, output.join('')),
    ...(lane.isolated ? await leftBehind(folders.temp) : []),
  ];
  const times = happenings.filter((each) => each.kind === 'passed' || each.kind === 'failed');
  const passed = happenings.filter((each) => each.kind === 'passed').length;
  return { name: lane.name, passed, failures, ms: ended.ms, times };
}

function mochaArguments(lane: Lane, { specs, options }: Selection): string[] {
  const own = ['--reporter', './scripts/test/reporter.ts', '--timeout', String(lane.timeoutMs)];
  return [...own, ...options, ...(specs.length > 0 ? specs : lane.specs)];
}

function isolation(folders: { home: string; temp: string; runtime: string }): NodeJS.ProcessEnv {
  return {
    HOME: folders.home,
    COPPICE_HOME: join(folders.home, '.coppice'),
    TMPDIR: folders.temp,
    XDG_RUNTIME_DIR: folders.runtime,
    XDG_CONFIG_HOME: undefined,
    XDG_CACHE_HOME: undefined,
    XDG_DATA_HOME: undefined,
    XDG_STATE_HOME: undefined,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
  };
}

function status(happenings: readonly Happening[]): string {
  const count = (kind: Happening['kind']) => happenings.filter((each) => each.kind === kind).length;
  const total = happenings.find((each) => each.kind === 'begun')?.total ?? 0;
  const at = happenings.findLast((each) => each.kind === 'running');
  return `${count('passed')} of ${total} passed, ${count('failed')} failed${at ? `, at: ${at.title}` : ''}`;
}

/** What went wrong with the process itself. */
function mishaps(lane: Lane, ended: Ended, happenings: readonly Happening[], output: string): Failure[] {
  const found: Failure[] = [];
  const last = happenings.findLast((each) => each.kind === 'running');
  const at = last ? `At: ${last.title} (${last.file})` : 'No test had begun.';
  const done = happenings.some((each) => each.kind === 'ended');
  const held = happenings.find((each) => each.kind === 'held-open');
  if (held) found.push(trouble('the process did not end after its last test', `Held open by\n${held.by.join('\n')}`));
  else if (ended.how === 'over-limit') {
    found.push(trouble(`over the limit of ${lane.limitS} s`, done ? 'All tests had ended; the process had not.' : at));
  } else if (ended.how === 'aborted') found.push(trouble('ended early', at));
  else if (!done) found.push(trouble('the test process crashed', `${at}\n${lastLines(output.trimEnd(), 60)}`));
  else if (ended.code !== 0 && !happenings.some((each) => each.kind === 'failed')) {
    found.push(trouble(`exit code ${ended.code}`, lastLines(output.trimEnd(), 60)));
  }
  if (done && !happenings.some((each) => each.kind === 'passed' || each.kind === 'failed')) {
    found.push(trouble('no test was run', `Looked for: ${lane.specs.join(', ')}`));
  }
  if (ended.left.length > 0) {
    const list = ended.left.map(({ pid, command }) => `${pid} ${command}`).join('\n');
    found.push(trouble(`${ended.left.length} process(es) outlived the tests`, `They were ended now:\n${list}`));
  }
  return found;
}

/** Temporary files are the business of the test that made them. */
async function leftBehind(folder: string): Promise<Failure[]> {
  const tools = /^(node-compile-cache|node-coverage-|tsx-|v8-compile-cache)/;
  const names = (await readdir(folder)).filter((name) => !tools.test(name));
  if (names.length === 0) return [];
  const list = names.slice(0, 20).join('\n');
  return [trouble(`${names.length} temporary file(s) or folder(s) left behind`, list)];
}
