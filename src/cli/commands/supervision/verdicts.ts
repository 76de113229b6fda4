import { Option, type Command } from 'commander';
import type { Context, Perform } from '../../context.ts';
import { exits, type Exit } from '../../exit-codes.ts';
import { reportLines, supervisionLines } from '../../supervision-lines.ts';
import { text } from '../../text.ts';
import { badUsage } from '../../usage-error.ts';
import { sessionArgument } from '../../session-argument.ts';

interface VerdictOptions {
  readonly turn?: string;
  readonly good?: true;
  readonly bad?: true;
  readonly unnecessary?: true;
}

/** Adds `verdicts`: how turns were judged, how far that can be trusted, and a person's word on it. */
export function addVerdicts(program: Command, perform: Perform): void {
  program
    .command('verdicts')
    .argument('[session]', `${sessionArgument}; default: the record of the whole repository`)
    .summary('how turns were judged and why, and how far that can be trusted')
    .description(
      'With a session: every judged turn, with what the validator, the gates and the local model said, the factors of the score and ' +
        'the decision. Without one: how often the supervisor was wrong in this repository, by what people said of turns, with ' +
        'the number of cases.',
    )
    .option('--turn <n>', 'which turn you say something of; default: the last one that was judged')
    .addOption(new Option('--good', 'the turn was as it should be').conflicts('bad'))
    .addOption(new Option('--bad', 'it was not'))
    .option('--unnecessary', 'the question about it need not have been asked')
    .action((session: string | undefined, options: VerdictOptions) =>
      perform((context) => (session === undefined ? report(context, options) : verdicts(context, session, options))),
    );
}

async function report({ engine, out, path }: Context, options: VerdictOptions): Promise<Exit> {
  if (Object.keys(options).length > 0) throw badUsage('It is not said of which session.', 'Name the session.');
  const view = await engine.request('supervision/report', { path });
  out.result(view, () => reportLines(view, out.paint));
  return exits.done;
}

async function verdicts({ engine, out }: Context, session: string, options: VerdictOptions): Promise<Exit> {
  const { turn: wanted, good, bad, unnecessary } = options;
  const view = await engine.request('supervision/show', { session });
  if (good === undefined && bad === undefined && unnecessary === undefined) {
    if (wanted !== undefined) throw badUsage('It is not said how the turn was.', 'Add --good, --bad or --unnecessary.');
    out.result(view, () => {
      const lines = supervisionLines(view, out.paint, true);
      return lines.length > 0 ? lines : [out.paint.dim(text`${view.standing}`)];
    });
    return exits.done;
  }
  const turn = wanted ?? String(view.judgements.at(-1)?.turn ?? '');
  if (!/^[1-9]\d{0,8}$/u.test(turn)) {
    throw badUsage(turn === '' ? 'No turn was judged.' : `${turn} is no number of a turn.`, 'See `coppice verdicts`.');
  }
  const said = {
    ...(good === undefined && bad === undefined ? {} : { good: good === true }),
    ...(unnecessary === undefined ? {} : { unnecessary }),
  };
  await engine.request('supervision/comment', { session: view.session, turn: Number(turn), ...said });
  out.result({ session: view.session, turn: Number(turn), ...said }, () => [text`Noted for turn ${turn}.`]);
  return exits.done;
}
