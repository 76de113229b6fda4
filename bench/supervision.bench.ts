/** What the supervisor computes beside its gates and its model: counting tokens, and the ruling of an approval policy on a tool. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyOf, rulingOn } from '../src/core/supervision/policy.ts';
import { toolMoment, toolUse } from '../src/core/supervision/moments.ts';
import { tokensAtMost, usualScale } from '../src/core/supervision/tokens.ts';
import { median, percentile, row } from './support/figures.ts';

const source = readFileSync(join(import.meta.dirname, '..', 'src', 'core', 'session', 'reducer.ts'), 'utf8');
const megabyte = source.repeat(Math.ceil(1_000_000 / source.length)).slice(0, 1_000_000);

function timed(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

for (let i = 0; i < 5; i += 1) tokensAtMost(megabyte, usualScale);
const counts = Array.from({ length: 50 }, () => timed(() => tokensAtMost(megabyte, usualScale)));
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
const rulings = Array.from({ length: 2000 }, () => timed(() => rulingOn(policy, moment)) * 1000);
row('ruling of 20 rules on a command, p50', `${median(rulings).toFixed(1)} µs`);
row('ruling of 20 rules on a command, p95', `${percentile(rulings, 0.95).toFixed(1)} µs`);
