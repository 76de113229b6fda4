/**
 * The coverage gates over everything that unit and integration tests ran from `src/`, child processes included.
 *
 * Node writes what V8 counted (NODE_V8_COVERAGE), c8 merges the processes. Sources run by type stripping, which keeps every
 * offset, so no source map is needed. Bundles in `dist/` are left out on purpose: mapped back, the parts that the bundler
 * dropped would look as if they had been run. A process that is killed writes nothing, so figures err on the low side.
 *
 * The extension runs as a bundle inside of VS Code, whose extension host is killed: the tests in it write themselves what was run
 * of the bundle, and only what has a place in it is mapped back. With what unit tests run that makes the figure of the extension,
 * which is no part of the whole: most of the extension is tried in a workbench, where nothing is counted.
 */
import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { run } from '../bootstrap/command.mjs';
import { say, seconds, trouble, type Outcome } from './outcome.ts';
import type { Failure } from './report.ts';
import { failed, lastLines, type Place } from './run-check.ts';
import type { Counted } from './host/counting.ts';
import { mappedLines } from './mapped-lines.ts';
import { statementLines } from './statements.ts';

/** Lowest share of covered lines, percent (issue: habits of the house). */
const gates: Readonly<Record<string, number>> = { all: 85, core: 90, state: 95, extension: 38 };
/** The room that has a figure of its own. */
const apart = 'extension';
const limitMs = 180_000;
const name = 'coverage';

interface Count {
  covered: number;
  lines: number;
}

/** What c8 writes: per file, one entry per line with how often it was run. */
type Report = Record<string, { statementMap: Record<string, { start: { line: number } }>; s: Record<string, number> }>;

/** Where tests in an extension host write what they counted, beside what Node writes. */
export function extensionCounts(raw: string): string {
  return join(dirname(raw), 'extension.json');
}

export async function runCoverage(place: Place, raw: string): Promise<Outcome> {
  const begun = performance.now();
  if (!existsSync(raw)) return failed(name, 0, 'Nothing was measured: no test that counts for coverage was run.');
  say(name, `started (limit ${limitMs / 1000} s)`);
  const folder = join(place.root, 'coverage');
  const output: string[] = [];
  const ended = await run('c8', c8Arguments(raw, folder), {
    cwd: place.root,
    env: place.env,
    limitMs,
    signal: place.signal,
    output: (text) => output.push(text),
  });
  if (ended.code !== 0)
    return failed(name, ended.ms, `c8 ${ended.how}, code ${ended.code}\n${lastLines(output.join(''), 60)}`);

  const inHost = await runInHost(place.root, raw);
  const report = JSON.parse(await readFile(join(folder, 'coverage-final.json'), 'utf8')) as Report;
  const rooms = new Map<string, Count>([['all', { covered: 0, lines: 0 }]]);
  const failures: Failure[] = [];
  for await (const file of glob('src/**/*.ts', { cwd: place.root })) {
    const path = join(place.root, file);
    const count = await countOf(path, report, inHost?.get(path));
    if (count === undefined)
      failures.push(trouble(`${file} is not in the report`, 'c8 could not read what V8 wrote for it.'));
    else for (const room of roomOf(file) === apart ? [apart] : ['all', roomOf(file)]) add(rooms, room, count);
  }
  const inForce = inHost === undefined ? { ...gates, [apart]: undefined } : gates;
  print(rooms, inForce);
  failures.push(...missed(rooms, inForce));
  for (const failure of failures) say(name, `FAILED ${failure.title}`);
  const ms = performance.now() - begun;
  if (failures.length === 0) say(name, `ok in ${seconds(ms)}`);
  return { name, passed: failures.length === 0 ? 1 : 0, failures, ms, times: [] };
}

function c8Arguments(raw: string, folder: string): string[] {
  const from = ['--temp-directory', raw, '--merge-async', '--all', '--src', 'src', '--include', 'src/**/*.ts'];
  return ['report', ...from, '--reports-dir', folder, '--reporter', 'json', '--reporter', 'html'];
}

function roomOf(file: string): string {
  return relative('src', file).split('/')[0] ?? '';
}

/** Lines by source that ran in an extension host; undefined where no test of that kind was run. */
async function runInHost(root: string, raw: string): Promise<ReadonlyMap<string, ReadonlySet<number>> | undefined> {
  const path = extensionCounts(raw);
  if (!existsSync(path)) return undefined;
  const counted = JSON.parse(await readFile(path, 'utf8')) as readonly Counted[];
  return mappedLines(join(root, 'dist', 'extension.cjs'), counted);
}

async function countOf(path: string, report: Report, inHost?: ReadonlySet<number>): Promise<Count | undefined> {
  const file = report[path];
  if (file === undefined) return undefined;
  const runs = new Map(Object.entries(file.statementMap).map(([key, { start }]) => [start.line, file.s[key] ?? 0]));
  const lines = [...statementLines(path, await readFile(path, 'utf8'))];
  const wasRun = (line: number): boolean => (runs.get(line) ?? 0) > 0 || inHost?.has(line) === true;
  return { covered: lines.filter(wasRun).length, lines: lines.length };
}

function add(rooms: Map<string, Count>, room: string, { covered, lines }: Count): void {
  const sum = rooms.get(room) ?? { covered: 0, lines: 0 };
  rooms.set(room, { covered: sum.covered + covered, lines: sum.lines + lines });
}

function percent({ covered, lines }: Count): number {
  return lines === 0 ? 100 : (100 * covered) / lines;
}

type Gates = Readonly<Record<string, number | undefined>>;

function print(rooms: ReadonlyMap<string, Count>, inForce: Gates): void {
  console.log(`  ${'room'.padEnd(14)}${'lines'.padStart(8)}${'covered'.padStart(9)}${'gate'.padStart(7)}`);
  for (const [room, count] of [...rooms].sort(
    ([a], [b]) => Number(a === 'all') - Number(b === 'all') || a.localeCompare(b),
  )) {
    const gate = inForce[room] === undefined ? '' : `${inForce[room]} %`;
    const figure = `${percent(count).toFixed(1)} %`;
    console.log(`  ${room.padEnd(14)}${String(count.lines).padStart(8)}${figure.padStart(9)}${gate.padStart(7)}`);
  }
}

function missed(rooms: ReadonlyMap<string, Count>, inForce: Gates): Failure[] {
  return Object.entries(inForce).flatMap(([room, gate]) => {
    if (gate === undefined) return [];
    const count = rooms.get(room);
    if (count === undefined) return [trouble(`src/${room} has no code`, 'A gate needs something to measure.')];
    if (percent(count) >= gate) return [];
    const title = `${room}: ${percent(count).toFixed(1)} % of lines, below ${gate} %`;
    return [trouble(title, 'Open coverage/index.html to see what no test runs.')];
  });
}
