#!/usr/bin/env node
/**
 * Proves that a fresh clone needs nothing but the machine: clones HEAD into a temporary folder and runs `.ci/run` and `npm start`
 * there with an empty home and an empty npm cache. For people and releases; not a part of `npm test`. `--keep` leaves the clone.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './bootstrap/command.mjs';

/** `.ci/run` ends itself before that (`wholeLimitS`). */
const limitMs = 45 * 60_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'coppice-fresh-'));
const [clone, home] = [join(scratch, 'clone'), join(scratch, 'home')];

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupted.abort());

/** The environment of this shell without anything that npm or this clone put there. */
function bareEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([key]) => !/^(npm_|COPPICE_|XDG_CACHE_HOME$|NODE_V8_COVERAGE$|NODE_OPTIONS$|INIT_CWD$)/.test(key),
  );
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return {
    ...Object.fromEntries(kept),
    PATH: path.join(delimiter),
    HOME: home,
    npm_config_cache: join(home, '.npm'),
    CI: 'true',
  };
}

/** Whether `npm start` prints an address that answers, and ends with all it started when it is told to. */
async function startOpens() {
  const told = new AbortController();
  let text = '';
  const answers = /** @type {number[]} */ ([]);
  const ended = await run('npm', ['start', '--', '--browser', '--no-open'], {
    cwd: clone,
    env: bareEnvironment(),
    limitMs,
    signal: AbortSignal.any([told.signal, interrupted.signal]),
    output: (chunk) => {
      process.stdout.write(chunk);
      const before = addressIn(text);
      const address = addressIn((text += chunk));
      if (address === undefined || before !== undefined) return;
      fetch(address).then(
        ({ status }) => {
          answers.push(status);
          told.abort();
        },
        () => told.abort(),
      );
    },
  });
  return answers[0] === 200 && ended.left.length === 0;
}

/** @param {string} text */
function addressIn(text) {
  return /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(text)?.[0];
}

try {
  mkdirSync(home);
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, clone], { stdio: 'inherit' });
  let text = '';
  const ended = await run('bash', ['.ci/run'], {
    cwd: clone,
    env: bareEnvironment(),
    limitMs,
    signal: interrupted.signal,
    output: (chunk) => {
      text += chunk;
      process.stdout.write(chunk);
    },
  });
  const dirty = execFileSync('git', ['status', '--porcelain'], { cwd: clone, encoding: 'utf8' });
  const summary = /(?:^|\n)(\d+ passed, \d+ failed)\n$/.test(text);
  console.log(`\nfresh clone: exit code ${ended.code ?? ended.how} after ${(ended.ms / 60_000).toFixed(1)} min`);
  if (!summary) console.log('fresh clone: the last line is not "N passed, N failed"');
  if (dirty !== '') console.log(`fresh clone: the run left changes in the clone:\n${dirty}`);
  const opens = await startOpens();
  console.log(
    `fresh clone: npm start ${opens ? 'opens the product and ends with Ctrl-C' : 'does not do what it should'}`,
  );
  process.exitCode = ended.code === 0 && summary && dirty === '' && opens ? 0 : 1;
} finally {
  if (process.argv.includes('--keep')) console.log(`fresh clone: kept in ${scratch}`);
  else rmSync(scratch, { recursive: true, force: true });
}
