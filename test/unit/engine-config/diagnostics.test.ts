import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoppiceError } from '../../../src/core/errors.ts';
import { lastLines } from '../../../src/engine/diagnostics/last-lines.ts';
import { diagnosticsReport, logLines, type DiagnosticsSources } from '../../../src/engine/diagnostics/report.ts';

const secret = 'hunter2"\\hunter2';
const options = { redaction: { secrets: [secret], home: '/home/ann' }, clock: () => 0, limitMs: 5000 };

const sources: DiagnosticsSources = {
  versions: () => Promise.resolve({ coppice: '0.1.0', node: '24.21.0' }),
  platform: () => Promise.resolve({ os: 'linux', arch: 'x64' }),
  settings: () =>
    Promise.resolve({
      settings: [
        { key: 'limits.running', value: 3, source: 'default', description: 'left out' },
        {
          key: 'agents.custom.x',
          value: { command: ['x', '--api-key', 'abc'] },
          source: 'user: /home/ann/.coppice/config.yaml:1:1',
        },
        { key: 'trackers.github.token', value: 'abc', source: 'user' },
      ],
      files: [{ path: '/home/ann/.coppice/config.yaml', present: true }],
    }),
  engine: () => Promise.resolve({ pid: 1, home: '/home/ann/.coppice' }),
  counts: () => Promise.resolve({ running: 1 }),
  journal: () => Promise.resolve({ ok: true, records: 5, segments: 1 }),
  checks: () => Promise.resolve([{ name: 'node', ok: true }]),
  log: () => Promise.resolve([JSON.stringify({ text: `started with ${secret}` })]),
};

describe('diagnostics', () => {
  it('has every part, redacted', async () => {
    const report = await diagnosticsReport(sources, options);
    assert.deepEqual(report, {
      at: '1970-01-01T00:00:00.000Z',
      versions: { coppice: '0.1.0', node: '24.21.0' },
      platform: { os: 'linux', arch: 'x64' },
      settings: {
        settings: [
          { key: 'limits.running', value: 3, source: 'default' },
          {
            key: 'agents.custom.x',
            value: { command: ['x', '--api-key', '***'] },
            source: 'user: ~/.coppice/config.yaml:1:1',
          },
          { key: 'trackers.github.token', value: '***', source: 'user' },
        ],
        files: [{ path: '~/.coppice/config.yaml', present: true }],
      },
      engine: { pid: 1, home: '~/.coppice' },
      counts: { running: 1 },
      journal: { ok: true, records: 5, segments: 1 },
      checks: [{ name: 'node', ok: true }],
      log: ['{"text":"started with ***"}'],
    });
  });

  it('keeps the other parts when one fails or does not answer, and says so', async () => {
    const report = await diagnosticsReport(
      {
        ...sources,
        settings: () => Promise.reject(new CoppiceError('config-invalid', `/home/ann/x:1:1: bad ${secret}`, 'Fix it.')),
        journal: () => new Promise(() => undefined),
        counts: () => {
          throw new Error('no store');
        },
      },
      { ...options, limitMs: 20 },
    );
    assert.deepEqual(report['settings'], { problem: '~/x:1:1: bad ***', code: 'config-invalid' });
    assert.deepEqual(report['journal'], { problem: 'no answer within 0.02 s' });
    assert.deepEqual(report['counts'], { problem: 'no store', code: 'internal' });
    assert.deepEqual(report['versions'], { coppice: '0.1.0', node: '24.21.0' });
  });

  it('a secret that the length limit cuts through leaves no half behind', async () => {
    const long = 'S'.repeat(3000);
    const line = `${'x'.repeat(2500)}${long}`;
    const report = await diagnosticsReport(
      { ...sources, log: () => Promise.resolve([line]) },
      { ...options, redaction: { secrets: [long], home: '' } },
    );
    assert.ok(!JSON.stringify(report['log']).includes('SS'));
  });

  it('finds a secret that goes over several lines of the log', async () => {
    const key = 'first half\nsecond half';
    const report = await diagnosticsReport(
      { ...sources, log: () => Promise.resolve(['a', ...`b ${key} c`.split('\n')]) },
      { ...options, redaction: { secrets: [key], home: '' } },
    );
    assert.deepEqual(report['log'], ['a', 'b *** c']);
  });

  it('sends the end of the log only', async () => {
    const lines = Array.from({ length: logLines + 5 }, (_, n) => `line ${n} ${'y'.repeat(5000)}`);
    const { log } = await diagnosticsReport({ ...sources, log: () => Promise.resolve(lines) }, options);
    assert.ok(Array.isArray(log));
    assert.equal(log.length, logLines);
    assert.match(String(log[0]), /^line 5 /u);
    assert.ok(String(log[0]).length <= 4100);
  });
});

describe('end of a log', () => {
  let base = '';
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'coppice-log-'));
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  it('gives the last whole lines of a small file, and none of a missing one', async () => {
    const file = join(base, 'log');
    assert.deepEqual(await lastLines(file, 5), []);
    await writeFile(file, 'one\ntwo\n\nthree\n');
    assert.deepEqual(await lastLines(file, 2), ['two', 'three']);
    assert.deepEqual(await lastLines(file, 9), ['one', 'two', 'three']);
  });

  it('reads the end of a big file, without the line it begins in the middle of', async () => {
    const file = join(base, 'log');
    const line = (n: number): string => `${n} ${'é'.repeat(500)}`;
    await writeFile(file, Array.from({ length: 3000 }, (_, n) => `${line(n)}\n`).join(''));
    const lines = await lastLines(file, 5000);
    assert.ok(lines.length > 500 && lines.length < 3000);
    assert.equal(lines.at(-1), line(2999));
    for (const [index, text] of lines.entries()) assert.equal(text, line(3000 - lines.length + index));
  });
});
