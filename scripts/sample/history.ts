/** A commit of the sample project: the files that it writes. */
export interface SampleCommit {
  readonly author: string;
  readonly at: string;
  readonly message: string;
  readonly files: Readonly<Record<string, string>>;
}

const manifest = (version: string) => `{
  "name": "tidetable",
  "version": "${version}",
  "description": "High and low water of a harbour, on the command line.",
  "type": "module",
  "bin": { "tidetable": "src/main.js" },
  "scripts": { "test": "node --test" }
}
`;

const readme = `# tidetable

High and low water of a harbour, on the command line.

    $ node src/main.js port-haven
    high  05:12  4.1 m
    low   11:27  0.9 m
    high  17:38  4.0 m
`;

const harbours = `/** Mean high and low water of each harbour, metres, and its delay behind the reference port, minutes. */
export const harbours = {
  'port-haven': { high: 4.1, low: 0.9, delay: 0 },
  'st-agnes': { high: 4.8, low: 0.6, delay: 25 },
  'gull-rock': { high: 3.6, low: 1.1, delay: -10 },
};
`;

const tides = `/** Minutes between one high water and the next. */
export const period = 745;

/**
 * High and low waters of a day.
 * @param {{ high: number, low: number, delay: number }} harbour
 * @param {number} first minute of the day of the first high water at the reference port
 */
export function tidesOf(harbour, first) {
  const tides = [];
  for (let at = first + harbour.delay, high = true; at < 24 * 60; at += period / 2, high = !high) {
    if (at >= 0) tides.push({ high, at: Math.round(at), metres: high ? harbour.high : harbour.low });
  }
  return tides;
}
`;

const format = `/** 312 -> '05:12'. @param {number} minutes */
export function clock(minutes) {
  const hours = Math.floor(minutes / 60);
  return \`\${String(hours).padStart(2, '0')}:\${String(minutes % 60).padStart(2, '0')}\`;
}
`;

const main = `#!/usr/bin/env node
import { clock } from './format.js';
import { harbours } from './harbours.js';
import { tidesOf } from './tides.js';

const name = process.argv[2] ?? 'port-haven';
const harbour = harbours[name];
if (harbour === undefined) {
  console.error(\`No harbour is called \${name}. There are: \${Object.keys(harbours).join(', ')}\`);
  process.exitCode = 1;
} else {
  for (const { high, at, metres } of tidesOf(harbour, 312)) {
    console.log(\`\${high ? 'high' : 'low '}  \${clock(at)}  \${metres.toFixed(1)} m\`);
  }
}
`;

const tidesTest = `import assert from 'node:assert/strict';
import test from 'node:test';
import { tidesOf } from '../src/tides.js';

test('high and low water take turns', () => {
  const tides = tidesOf({ high: 4, low: 1, delay: 0 }, 312);
  assert.deepEqual(tides.map(({ high }) => high), [true, false, true, false]);
});
`;

const formatTest = `import assert from 'node:assert/strict';
import test from 'node:test';
import { clock } from '../src/format.js';

test('minutes are written as a clock', () => assert.equal(clock(312), '05:12'));
`;

const notes = `# Notes

- The harbour master's table has springs and neaps; ours has a mean only.
- Gull Rock is ahead of the reference port, so its first low water may be yesterday's.
`;

/** The history of the sample project, oldest first. */
export const history: readonly SampleCommit[] = [
  {
    author: 'Mara Lind',
    at: '2026-03-02T09:14:00+01:00',
    message: 'Tell high and low water of one harbour',
    files: {
      'package.json': manifest('0.1.0'),
      'README.md': readme,
      'src/tides.js': tides,
      'src/harbours.js': harbours,
    },
  },
  {
    author: 'Mara Lind',
    at: '2026-03-02T11:40:00+01:00',
    message: 'A command line for it',
    files: { 'src/format.js': format, 'src/main.js': main, '.gitignore': 'node_modules/\n' },
  },
  {
    author: 'Tomás Reyes',
    at: '2026-03-09T16:05:00+01:00',
    message: 'Test that high and low water take turns',
    files: { 'test/tides.test.js': tidesTest, 'test/format.test.js': formatTest },
  },
  {
    author: 'Mara Lind',
    at: '2026-03-17T10:22:00+01:00',
    message: 'Notes on what the harbour master wants',
    files: { 'NOTES.md': notes, 'package.json': manifest('0.2.0') },
  },
];
