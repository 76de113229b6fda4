import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CoppiceError, systemCode, toErrorRecord } from '../../core/errors.ts';
import type { Context, Perform } from '../context.ts';
import { exits } from '../exit-codes.ts';
import { jsonLine } from '../json-line.ts';
import { localChecks } from '../local-checks.ts';
import { text } from '../text.ts';
import { nextText } from '../ways.ts';

/**
 * Adds `coppice diagnostics`. Without an engine it reports what this process can tell; a file that exists is never
 * overwritten.
 */
export function addDiagnostics(program: Command, perform: Perform): void {
  program
    .command('diagnostics')
    .summary('facts for a bug report, without secrets')
    .description(
      'Prints a redacted bundle of facts for a bug report as JSON, or writes it to a file that only you can read.',
    )
    .option('--output <path>', 'write it to this file; an existing one is not overwritten')
    .action(({ output }: { readonly output?: string }) =>
      perform(async (context) => {
        const { out, shell } = context;
        const report = await reportOf(context);
        if (output === undefined) {
          out.result(report, () => JSON.stringify(report, undefined, 2).split('\n'));
          return exits.done;
        }
        const file = resolve(shell.cwd, output);
        await write(file, `${jsonLine(report)}\n`);
        out.result({ file }, () => [text`Written to ${file}. Read it before you pass it on.`]);
        return exits.done;
      }),
    );
}

/** The engine's report; without an engine, what this process can tell. */
async function reportOf({ engine, shell }: Context): Promise<Record<string, unknown>> {
  try {
    return (await engine.request('diagnostics', {})).report;
  } catch (error) {
    const record = toErrorRecord(error);
    const { code, message } = record;
    return {
      version: shell.version,
      node: shell.nodeVersion,
      platform: process.platform,
      engine: { code, message, next: nextText(record) },
      checks: await localChecks(shell),
    };
  }
}

async function write(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new CoppiceError(
      systemCode(error) === 'ENOSPC' ? 'disk-full' : 'bad-usage',
      `${file} cannot be written (${systemCode(error) ?? String(error)}).`,
      'Name a file that is not there yet, in a folder that you may write to.',
      { cause: error },
    );
  }
}
