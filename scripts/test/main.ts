/** Runs the checks and lanes of `npm test` under the pinned Node, beside each other where that is safe. */
import { rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { delimiter, join } from 'node:path';
import { inspect } from 'node:util';
import { installedChromium } from '../bootstrap/chromium.mjs';
import { installedCodeServer } from '../bootstrap/code-server.mjs';
import { extensionCounts, runCoverage } from './coverage.ts';
import { checks, lanes, wholeLimitS, type Check } from './lanes.ts';
import { summarise, type Outcome } from './outcome.ts';
import { failed, runCheck, type Place } from './run-check.ts';
import { runLane, type Selection } from './run-lane.ts';

type LaneName = keyof typeof lanes;
type PartName = LaneName | 'coverage';

const root = join(import.meta.dirname, '..', '..');
const rawCoverage = join(root, 'coverage', 'v8');
const { parts, selection } = parse(process.argv.slice(2));
const withCoverage = parts.length === 0 || parts.includes('coverage');

const over = new AbortController();
// More than once: Ctrl-C comes from the terminal and from whoever started this.
for (const name of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(name, () => over.abort());
process.channel?.unref();
const begun = Number(process.env['COPPICE_TEST_BEGUN'] ?? Date.now()); // installing the packages counts, too
const wholeLimit = setTimeout(() => over.abort(), begun + wholeLimitS * 1000 - Date.now());

const place: Place = {
  root,
  env: { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter) },
  signal: over.signal,
};
const outcomes: Outcome[] = [];

console.log(`coppice tests · Node ${process.versions.node} · ${cpus().length} cores · limit ${wholeLimitS / 60} min`);
try {
  if (withCoverage)
    for (const path of [rawCoverage, extensionCounts(rawCoverage)]) await rm(path, { recursive: true, force: true });
  if (parts.length > 0) await chosen();
  else if (selection.specs.length + selection.options.length === 0) await everything();
  else
    outcomes.push(failed('arguments', 0, `Name a lane before ${process.argv[2]}: ${Object.keys(lanes).join(', ')}.`));
} catch (error) {
  outcomes.push(failed('the run itself', 0, inspect(error)));
}
clearTimeout(wholeLimit);
const { failed: count } = summarise(outcomes);
process.exitCode = count === 0 ? 0 : 1;

async function everything(): Promise<void> {
  // What waits for the network goes beside what uses the cores; what measures time runs alone.
  // One at a time where both may ask the system's package manager.
  const executors = check(checks.executors);
  const agents = executors.then(() => check(checks.agents));
  const workbench = executors.then(() => check(checks.workbench));
  const [build] = await Promise.all([
    check(checks.build).then(async (built) => {
      await inTurn(
        () => lane('unit'),
        () => check(checks.types),
        () => check(checks.panels),
        () => check(checks.panelTests),
        () => lane('meta'),
      );
      return built;
    }),
    inTurn(
      () => check(checks.format),
      () => check(checks.lint),
    ),
  ]);
  // All of them wait for disks and other processes most of the time; each of the two rows takes about as long as the other.
  const whenBuilt = async (name: LaneName): Promise<void> => {
    if (build) await lane(name);
    else outcomes.push(failed(name, 0, 'Not run: the build failed.'));
  };
  await Promise.all([
    inTurn(
      () => whenBuilt('rooms'),
      () => lane('kills'),
    ),
    inTurn(
      () => whenBuilt('integration'),
      () => whenBuilt('shell'),
    ),
  ]);
  const [executorsAreThere, agentsAreThere, workbenchIsThere] = await Promise.all([executors, agents, workbench]);
  const whenThere = async (name: LaneName, there: boolean): Promise<void> => {
    if (build && there) await lane(name);
    else outcomes.push(failed(name, 0, 'Not run: the build or the installation of what it needs failed.'));
  };
  await Promise.all([
    whenThere('executors', executorsAreThere),
    inTurn(
      () => whenThere('agents', agentsAreThere),
      () => whenThere('host', workbenchIsThere),
    ),
  ]);
  // No lane after these counts for the coverage.
  await Promise.all([
    runCoverage(place, rawCoverage).then((outcome) => outcomes.push(outcome)),
    whenThere('webview', workbenchIsThere),
  ]);
  await whenThere('workbench', workbenchIsThere);
}

async function chosen(): Promise<void> {
  const needs = (...names: readonly LaneName[]) => names.some((name) => parts.includes(name));
  if (
    needs('meta', 'shell', 'integration', 'executors', 'agents', 'webview', 'host', 'workbench') &&
    !(await check(checks.build))
  )
    return;
  if (needs('executors') && !(await check(checks.executors))) return;
  if (needs('agents') && !(await check(checks.agents))) return;
  if (needs('webview', 'host', 'workbench') && !(await check(checks.workbench))) return;
  for (const part of parts) {
    if (part !== 'coverage') await lane(part);
  }
  if (withCoverage) outcomes.push(await runCoverage(place, rawCoverage));
}

async function check(which: Check): Promise<boolean> {
  const outcome = await runCheck(which, place);
  outcomes.push(outcome);
  return outcome.failures.length === 0;
}

async function lane(name: LaneName): Promise<void> {
  const covered = withCoverage && lanes[name].covers ? rawCoverage : undefined;
  const env = { ...place.env, ...workbenchPrograms() };
  outcomes.push(
    await runLane(lanes[name], selection, { ...place, env }, covered).catch((error: unknown) =>
      failed(name, 0, inspect(error)),
    ),
  );
}

/** Where the programs of the workbench are: a lane has another home, in which they are not found. */
function workbenchPrograms(): NodeJS.ProcessEnv {
  return {
    COPPICE_CODE_SERVER: installedCodeServer(process.env),
    COPPICE_CHROMIUM: installedChromium(process.env),
  };
}

async function inTurn(...steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const step of steps) await step();
}

/** Names of parts first, then what is handed to mocha: files and folders, and options with their values. */
function parse(args: readonly string[]): { parts: PartName[]; selection: Selection } {
  const known: readonly string[] = [...Object.keys(lanes), 'coverage'];
  const end = args.findIndex((arg) => !known.includes(arg));
  const names = (end < 0 ? args : args.slice(0, end)) as PartName[];
  const rest = end < 0 ? [] : args.slice(end);
  const specs: string[] = [];
  const options: string[] = [];
  rest.forEach((arg, index) => {
    const isSpec = arg.startsWith('test/') && !['-g', '--grep', '-f', '--fgrep'].includes(rest[index - 1] ?? '');
    if (isSpec) specs.push(arg.endsWith('.ts') || arg.includes('*') ? arg : `${arg.replace(/\/$/, '')}/**/*.test.ts`);
    else options.push(arg);
  });
  return { parts: names, selection: { specs, options } };
}
