/** Settings files under real conditions: other processes write them, and what stands at their path is no file. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { Config } from '../../../src/engine/config/config.ts';

const run = promisify(execFile);

/** Writes the file in two steps 10 ms apart, every 150 ms, and prints how many milliseconds really lay between. */
const restlessWriter = `
  const fs = require('node:fs');
  const [, path] = process.argv;
  let n = 1;
  setInterval(() => {
    n = (n % 9) + 1;
    const begun = Date.now();
    const fd = fs.openSync(path, 'w');
    fs.writeSync(fd, 'limits:\\n  waiting: ' + n + '\\n');
    while (Date.now() < begun + 10);
    fs.writeSync(fd, 'worktrees:\\n  setup: [a]\\n');
    fs.closeSync(fd);
    console.log(Date.now() - begun);
  }, 150);
  setTimeout(() => process.exit(), 50000);
`;

describe('settings files and other processes', () => {
  let base = '';
  let file = '';
  let config: Config;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'coppice-settings-'));
    file = join(base, 'config.yaml');
    config = new Config({
      home: base,
      userHome: base,
      agents: ['claude-code'],
      environment: {},
      clock: () => Date.now(),
    });
  });

  afterEach(() => rm(base, { recursive: true, force: true }));

  async function message(): Promise<string> {
    try {
      await config.settings();
    } catch (error) {
      assert.ok(isCoppiceError(error, 'config-invalid'), String(error));
      return error.message;
    }
    return '';
  }

  it('does not wait for the writer of a pipe', async () => {
    await run('mkfifo', [file]);
    assert.match(await message(), /config\.yaml: it is not a regular file/u);
  });

  const onLinux = process.platform === 'linux' ? it : undefined;
  onLinux?.('says so when a file opens and cannot be read', async () => {
    await symlink('/proc/self/mem', file);
    assert.match(await message(), /config\.yaml: it cannot be read \(EIO\)/u);
    await rm(file);
    await symlink('/dev/zero', file);
    assert.match(await message(), /it is not a regular file/u);
    await rm(file);
    await symlink('y'.repeat(300), file);
    assert.match(await message(), /it cannot be opened \(ENAMETOOLONG\)/u);
  });

  it('never takes a half-written file for the whole one, while another process writes it again and again', async function () {
    this.timeout(60_000);
    // The first half alone is valid YAML, too: a reader of it would miss the set-up.
    const whole = (n: number): string => `limits:\n  waiting: ${n}\nworktrees:\n  setup: [a]\n`;
    await writeFile(file, whole(1));
    const writer = spawn(process.execPath, ['-e', restlessWriter, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(writer, 'exit');
    let longestGap = 0;
    writer.stdout.setEncoding('utf8').on('data', (text: string) => {
      longestGap = Math.max(longestGap, ...text.trim().split('\n').map(Number));
    });
    const halves: string[] = [];
    const seen = new Set<number>();
    try {
      await once(writer.stdout, 'data');
      for (let reading = 0; reading < 80 || (seen.size <= 2 && reading < 4_000); reading++) {
        const settings = await config.settings();
        if (settings['worktrees.setup'].length === 0) halves.push(`reading ${reading}`);
        seen.add(settings['limits.waiting']);
        await new Promise((resolve) => setTimeout(resolve, 7));
      }
      await once(writer.stdout, 'data'); // how long the last one that was read took to write is known, too
    } finally {
      writer.kill('SIGKILL');
      await ended;
    }
    assert.ok(seen.size > 2, [...seen].join());
    // A writer that the machine held up for longer than the reader waits has left half a file for anybody to see.
    if (longestGap < 40) assert.deepEqual(halves, []);
    else assert.ok(halves.length < 40, `${halves.length} readings`);
  });
});
