/** Reading an agent's output: our readers as a ratio to a bare `JSON.parse` of the same lines. */
import { readFile } from 'node:fs/promises';
import { agentRegistry } from '../src/agents/registry.ts';
import { median, ratio, row } from './support/figures.ts';

const fixture = new URL('../test/fixtures/agents/claude-code/2.1.329/run-basic.jsonl', import.meta.url);
const lines = (await readFile(fixture, 'utf8')).trimEnd().split('\n');
const many = Array.from({ length: Math.ceil(40_000 / lines.length) }, () => lines).flat();
const bytes = many.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);

const registry = agentRegistry({
  custom: {},
  programs: {
    demo: { node: process.execPath, script: 'demo-agent.js', state: '/nowhere' },
    acp: { node: process.execPath, script: 'acp-bridge.js' },
    help: { node: process.execPath, script: 'help-server.js' },
  },
});
const agent = registry.agent('claude-code');

function bare(): number {
  const start = performance.now();
  let kinds = 0;
  for (const line of many) kinds += (JSON.parse(line) as { type: string }).type.length;
  return kinds > 0 ? performance.now() - start : NaN;
}

function read(): number {
  const start = performance.now();
  const reader = agent.reader();
  let offset = 0;
  let events = 0;
  for (const line of many) {
    offset += line.length + 1;
    events += reader.line(line, { offset }).length;
  }
  return events > 0 ? performance.now() - start : NaN;
}

const samples = Array.from({ length: 7 }, () => ({ bare: bare(), read: read() })).slice(2);
const floor = median(samples.map((each) => each.bare));
const value = median(samples.map((each) => each.read));
ratio(`claude-code stream, ${many.length} lines`, value, floor, 'JSON.parse of the same lines');
row('claude-code stream, throughput', `${(bytes / 2 ** 20 / (value / 1000)).toFixed(0)} MiB/s`);
