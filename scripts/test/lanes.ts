/** The parts of `npm test`: what each runs, and how long it may take on two busy cores of a slow machine, which are half as fast as others. */

interface Part {
  readonly name: string;
  /** Seconds after which it is ended and counted as failed. */
  readonly limitS: number;
}

/** A check that passes or fails as a whole. */
export interface Check extends Part {
  /** A tool in node_modules/.bin, and its arguments. */
  readonly command: readonly [tool: string, ...args: string[]];
}

/** A set of mocha tests, run in a process of its own. */
export interface Lane extends Part {
  readonly specs: readonly string[];
  /** What runs them instead of mocha itself, with mocha's arguments and mocha's way to tell what happens. */
  readonly program?: readonly [tool: string, ...args: string[]];
  /** Milliseconds that one test may take unless it says otherwise. */
  readonly timeoutMs: number;
  /** Whether what it runs counts for the coverage gates. */
  readonly covers: boolean;
  /** Whether tests run with an empty home, and temporary files that they leave behind fail the lane. */
  readonly isolated: boolean;
}

/** The whole run, seconds; a run that is over it ends with what it has. */
export const wholeLimitS = 40 * 60;

export const checks = {
  format: { name: 'format', limitS: 90, command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  lint: { name: 'lint', limitS: 240, command: ['eslint', '--max-warnings', '0', '.'] },
  types: { name: 'types', limitS: 120, command: ['tsc', '--noEmit'] },
  panels: {
    name: 'types of panels',
    limitS: 120,
    command: ['svelte-check', '--tsconfig', 'webview/tsconfig.json', '--fail-on-warnings'],
  },
  panelTests: { name: 'types of panel tests', limitS: 120, command: ['tsc', '--noEmit', '-p', 'test/webview'] },
  build: { name: 'build', limitS: 60, command: ['node', 'esbuild.mjs'] },
  workbench: { name: 'workbench install', limitS: 900, command: ['node', 'scripts/bootstrap/workbench.mjs'] },
  agents: { name: 'agents install', limitS: 300, command: ['node', 'test/agents/install.mjs'] },
  executors: { name: 'executors install', limitS: 400, command: ['node', 'test/executors/install.mjs'] },
} as const satisfies Record<string, Check>;

export const lanes = {
  unit: {
    name: 'unit',
    limitS: 180,
    specs: ['test/unit/**/*.test.ts'],
    timeoutMs: 10_000,
    covers: true,
    isolated: true,
  },
  meta: {
    name: 'meta',
    limitS: 180,
    specs: ['test/meta/**/*.test.ts'],
    timeoutMs: 60_000,
    covers: false,
    isolated: true,
  },
  rooms: {
    name: 'rooms',
    limitS: 900,
    specs: ['test/integration/{executors,git,state,watch}/**/*.test.ts'],
    timeoutMs: 120_000,
    covers: true,
    isolated: true,
  },
  shell: {
    name: 'shell',
    limitS: 900,
    specs: ['test/integration/{acceptance,cli}/**/*.test.ts'],
    timeoutMs: 120_000,
    covers: true,
    isolated: true,
  },
  integration: {
    name: 'integration',
    limitS: 900,
    specs: ['test/integration/!(acceptance|cli|executors|git|state|watch)/**/*.test.ts'],
    timeoutMs: 120_000,
    covers: true,
    isolated: true,
  },
  kills: {
    name: 'kills',
    limitS: 900,
    specs: ['test/kills/**/*.test.ts'],
    timeoutMs: 420_000,
    covers: true,
    isolated: true,
  },
  host: {
    name: 'host',
    limitS: 180,
    specs: ['test/host/**/*.test.ts'],
    program: ['node', 'scripts/test/host/main.ts'],
    timeoutMs: 60_000,
    covers: true,
    isolated: true,
  },
  webview: {
    name: 'webview',
    limitS: 180,
    specs: ['test/webview/**/*.test.ts'],
    timeoutMs: 60_000,
    covers: false,
    isolated: true,
  },
  workbench: {
    name: 'workbench',
    limitS: 900,
    specs: ['test/workbench/**/*.test.ts'],
    timeoutMs: 90_000,
    covers: false,
    isolated: true,
  },
  executors: {
    name: 'executors',
    limitS: 300,
    specs: ['test/executors/**/*.test.ts'],
    timeoutMs: 120_000,
    covers: true,
    isolated: true,
  },
  agents: {
    name: 'agents',
    limitS: 420,
    specs: ['test/agents/**/*.test.ts'],
    timeoutMs: 120_000,
    covers: true,
    isolated: false,
  },
} as const satisfies Record<string, Lane>;

/** Test files that are too slow for each `npm test`, by the script of package.json that runs them. */
export const slow: Readonly<Record<string, string>> = { 'test:llama': 'test/llama/**/*.test.ts' };
