import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { buildProgram } from '../../../src/cli/program.ts';
import { FakeEngine } from './fake-engine.ts';
import { coppice, FakeShell } from './fake-shell.ts';

const golden = new URL('./help.golden.txt', import.meta.url);

/** The words of every command, groups included. */
function commandsOf(command: Command, words: readonly string[] = []): string[][] {
  const own = command.commands.filter((each) => each.name() !== 'help');
  return [[...words], ...own.flatMap((each) => commandsOf(each, [...words, each.name()]))];
}

async function allHelp(): Promise<string> {
  const engine = new FakeEngine();
  const program = buildProgram(new FakeShell(engine), async () => undefined);
  const pages: string[] = [];
  for (const words of commandsOf(program)) {
    const { exit, stdout, stderr } = await coppice(engine, [...words, '--help']);
    assert.deepEqual([exit, stderr], [0, '']);
    pages.push(`$ coppice ${[...words, '--help'].join(' ')}\n${stdout}`);
  }
  assert.deepEqual(engine.launches, []);
  return pages.join('\n');
}

describe('help', () => {
  it('is as it was agreed (test/unit/cli/help.golden.txt)', async () => {
    assert.equal(await allHelp(), await readFile(golden, 'utf8'));
  });

  it('fits into 100 columns', async () => {
    const long = (await allHelp()).split('\n').filter((line) => line.length > 100);
    assert.deepEqual(long, []);
  });

  it('is also given by `help <command>`, and the version by --version', async () => {
    const engine = new FakeEngine();
    const [asked, option] = [await coppice(engine, ['help', 'run']), await coppice(engine, ['run', '--help'])];
    assert.deepEqual([asked.exit, asked.stdout], [0, option.stdout]);
    assert.deepEqual(
      [(await coppice(engine, ['--version'])).stdout, (await coppice(engine, ['-V'])).exit],
      ['9.9.9\n', 0],
    );
  });
});
