import type { Command } from 'commander';
import { toErrorRecord } from '../../core/errors.ts';
import type { Check } from '../../protocol/schemas.ts';
import type { Context, Perform } from '../context.ts';
import { exits } from '../exit-codes.ts';
import { localChecks } from '../local-checks.ts';
import { text, type Text } from '../text.ts';
import { nextText } from '../ways.ts';

/**
 * Adds `coppice doctor`. Works without an engine, whose failure to start is then one of the findings; exit code 1 when
 * something required is missing.
 */
export function addDoctor(program: Command, perform: Perform): void {
  program
    .command('doctor')
    .summary('check that everything is there, with the fix for what is not')
    .description('Checks what Coppice needs on this machine. Exit code 1 when something that is required is missing.')
    .action(() =>
      perform(async (context) => {
        const { checks, log } = await examine(context);
        const ok = checks.every((check) => check.ok || !check.required);
        context.out.result({ ok, checks, ...(log.length === 0 ? {} : { log }) }, () => [
          ...checks.flatMap((check) => checkLines(context, check)),
          ...log.map((line) => context.out.paint.dim(text`    ${line}`)),
        ]);
        return ok ? exits.done : exits.failed;
      }),
    );
}

/** The engine's checks; when it cannot be had, why, and the checks that need no engine. */
async function examine(context: Context): Promise<{ checks: readonly Check[]; log: readonly string[] }> {
  const { engine, path, shell } = context;
  try {
    return { checks: (await engine.request('doctor', { path, requester: context.requester() })).checks, log: [] };
  } catch (error) {
    // An engine that does not start says why, and the last lines of its log follow.
    const record = toErrorRecord(error);
    const [detail = '', ...log] = record.message.split('\n');
    const failed: Check = { name: 'engine', ok: false, detail, fix: nextText(record), required: true };
    return { checks: [...(await localChecks(shell)), failed], log };
  }
}

function checkLines({ out }: Context, { name, ok, required, detail, fix }: Check): Text[] {
  const { green, red, yellow } = out.paint;
  const mark = ok ? green('ok     ') : required ? red('missing') : yellow('absent ');
  return [text`${mark}  ${name}: ${detail}`, ...(ok || fix === undefined ? [] : [text`         ${fix}`])];
}
