/**
 * A process that wants the lock of a data directory again and again, each time as somebody else: who lives is whoever has a file
 * in `alive/` and a pid that runs, so that it can die thousands of times, beside being killed for good by the test. While it has
 * the lock, it holds a second file that can be made only once; finding that held by somebody who lives is a violation, and is
 * written down. It gives the lock up, or dies with it. Prints a dot when it begins, and
 * one each time that it has the lock.
 */
import { appendFileSync, existsSync, linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../../src/core/errors.ts';
import { thisHost, type Host, type Life } from '../../../src/engine/process/host.ts';
import { acquireLock } from '../../../src/engine/process/lock.ts';
import { isAlive } from './workbench.ts';

export interface Contest {
  readonly home: string;
  readonly seed: number;
}

const contest = JSON.parse(process.argv[2] ?? '') as Contest;
const inside = join(contest.home, 'inside');
let state = contest.seed >>> 0;
/** A number from 0 to 1 (xorshift). */
function chance(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

const real = await thisHost();
process.stdout.write('.');
for (let life = 1; ; life++) {
  const started = `${real.self.started}-${life}`;
  writeFileSync(sign(process.pid, started), '');
  const host: Host = { self: { ...real.self, started }, lifeOf };
  const acquired = await acquireLock({ home: contest.home, host, version: '1.0.0' });
  if (acquired.status === 'held') {
    if (acquired.verdict !== 'alive') violation(`verdict ${acquired.verdict}: ${JSON.stringify(acquired.owner)}`);
    unlinkSync(sign(process.pid, started));
    continue;
  }
  const name = `${process.pid} ${started}`;
  enter(name);
  appendFileSync(join(contest.home, 'had'), `${name}\n`);
  process.stdout.write('.');
  await pause(chance() * 2);
  acquired.lock.check();
  leave(name);
  if (chance() < 0.3) await acquired.lock.release();
  unlinkSync(sign(process.pid, started));
}

function sign(pid: number, started: string): string {
  return join(contest.home, 'alive', `${pid}-${started}`);
}

async function lifeOf(pid: number, started: string): Promise<Life> {
  await pause(0); // time for others
  return isAlive(pid) && existsSync(sign(pid, started)) ? 'alive' : 'ended';
}

function enter(name: string): void {
  // Linked when it is whole, so that a kill in here cannot leave a file without a name in it.
  const own = `${inside}-${name}`;
  writeFileSync(own, name);
  for (;;) {
    try {
      linkSync(own, inside);
      unlinkSync(own);
      return;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      const owner = readFileSync(inside, 'utf8');
      // Only a real kill leaves the file.
      if (isAlive(Number(owner.split(' ')[0]))) violation(`${owner} was inside when ${name} came`);
      unlinkSync(inside);
    }
  }
}

function leave(name: string): void {
  if (readFileSync(inside, 'utf8') !== name) violation(`somebody else came in beside ${name}`);
  unlinkSync(inside);
}

function violation(text: string): void {
  appendFileSync(join(contest.home, 'violations'), `${text}\n`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
