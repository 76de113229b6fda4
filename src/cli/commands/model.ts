import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { CoppiceError } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import type { NotificationOf } from '../../protocol/client/wire.ts';
import type { Context, Perform } from '../context.ts';
import { exits, type Exit } from '../exit-codes.ts';
import { sizeText } from '../session-lines.ts';
import { text } from '../text.ts';
import { badUsage } from '../usage-error.ts';
import { isYes } from '../with-trust.ts';

/** As long as the engine waits for a model server. */
const pullMs = 24 * 3_600_000;

/** Adds `model`: which model reviews, and `model pull`, which has one fetched after it has said how large it is. */
export function addModel(program: Command, perform: Perform): void {
  const model = program
    .command('model')
    .summary('say which model reviews, or fetch one')
    .description(
      'Which local model reviews what agents did, and what is installed at the model server (`supervision.endpoint`).',
    )
    .action(() => perform(show));
  model
    .command('pull')
    .argument(
      '[name]',
      'the model, as the server names it; default: the one that is set, else one that fits the memory of this machine',
    )
    .summary('have the model server fetch a model')
    .description(
      'Says how large the model is, asks, and has the model server fetch it. Ctrl-C stops it; what was fetched by then need not be ' +
        'fetched again.',
    )
    .option('-y, --yes', 'do not ask')
    .action((name: string | undefined, options: { readonly yes?: true }) =>
      perform((context) => pull(context, name, options.yes === true)),
    );
}

async function show({ engine, out }: Context): Promise<Exit> {
  const view = await engine.request('model/show', {});
  out.result(view, () => [
    text`${view.problem ?? view.sentence}`,
    ...view.installed.map(({ name, bytes }) => text`  ${oneLine(name, 100)}  ${out.paint.dim(sizeText(bytes))}`),
    ...(view.judges === undefined && view.problem === undefined
      ? [text`\`coppice model pull\` fetches ${view.offer.name} (${sizeSaid(view.offer.bytes)}).`]
      : []),
  ]);
  return exits.done;
}

async function pull(context: Context, wanted: string | undefined, isAgreed: boolean): Promise<Exit> {
  const { engine, out, person, shell } = context;
  const { offer, endpoint, problem } = await engine.request('model/show', wanted === undefined ? {} : { name: wanted });
  if (problem !== undefined)
    throw new CoppiceError('unreachable', oneLine(problem, 500), 'Start the server, or set `supervision.endpoint`.');
  const { name, bytes } = offer;
  const what = `${oneLine(name, 200)} (${sizeSaid(bytes)}) to the model server at ${endpoint}`;
  if (!isAgreed) {
    if (person === undefined) throw badUsage(`This fetches ${what}.`, 'Say so with --yes.');
    if (!isYes(await person.ask(`Fetch ${what}? [y/N] `))) return exits.refused;
  }
  const id = randomUUID();
  const connection = await engine.open();
  const listening = connection.on('model/progress', (progress) => {
    if (progress.pull === id) out.progress(() => `${name}: ${progressText(progress)}`);
  });
  const minding = shell.onInterrupt(() => {
    void connection.request('model/stop-pulling', { pull: id }).catch(() => undefined);
  });
  try {
    await connection.request('model/pull', { name, pull: id }, { timeoutMs: pullMs });
  } finally {
    minding();
    listening();
    out.progress(undefined);
  }
  out.result({ name }, () => [text`${name} is there.`]);
  return exits.done;
}

function sizeSaid(bytes: number | undefined): string {
  return bytes === undefined ? 'its size is told when it begins' : sizeText(bytes);
}

/** `1.2 GB of 4.7 GB, 25 %`; what the server says where it has not told a size. */
function progressText({ status, completed, total }: NotificationOf<'model/progress'>): string {
  if (total === 0) return status;
  return `${sizeText(completed)} of ${sizeText(total)}, ${Math.floor((completed / total) * 100)} %`;
}
