import type { Command } from 'commander';
import { CoppiceError } from '../../core/errors.ts';
import { meaning, nearest } from '../../core/settings/suggest.ts';
import type { Requests, ResultOf } from '../../protocol/contract.ts';
import type { Context, Perform } from '../context.ts';
import { exits, type Exit } from '../exit-codes.ts';
import { oneLine } from '../../core/printable.ts';
import { table } from '../table.ts';
import { text, type Text } from '../text.ts';
import { badUsage } from '../usage-error.ts';

type Settings = ResultOf<Requests, 'config/show'>;

/** Adds `coppice config [show|list]`. `not-found` for a key that is no setting. */
export function addConfig(program: Command, perform: Perform): void {
  const group = program
    .command('config')
    .summary('settings, and where each value comes from')
    .description(
      "Settings in force here. A value comes from the defaults, the user's file, the repository's file, the environment or an " +
        'option, each overriding the one before; unknown keys and wrong types are reported with file and line.',
    );
  group
    .command('show', { isDefault: true })
    .alias('get')
    .argument('[key]', 'one setting')
    .summary('values in force, each with its source (default)')
    .description('Shows the values in force for this repository and where each comes from.')
    .action((key: string | undefined) => perform((context) => show(context, key)));
  // Everybody tries it; a file that keeps its comments and its order is edited, not written.
  group
    .command('set', { hidden: true })
    .argument('[words...]')
    .action((words: readonly string[]) => perform((context) => cannotSet(context, words)));
  group
    .command('list')
    .summary('every setting with what it means')
    .description('Lists every setting with what it means, and the files that are looked at.')
    .action(() =>
      perform(async (context) => {
        const settings = await settingsOf(context);
        context.out.result(settings, () => described(context, settings));
        return exits.done;
      }),
    );
}

function settingsOf(context: Context): Promise<Settings> {
  const { settings = {} } = context.requester();
  return context.engine.request('config/show', { path: context.path, settings });
}

async function cannotSet(context: Context, [key]: readonly string[]): Promise<Exit> {
  const { files } = await settingsOf(context);
  throw badUsage(
    'Settings are not changed from the command line.',
    `Write ${key === undefined ? 'it' : oneLine(key, 60)} into ${files.map(({ path }) => path).join(' or ')}.`,
  );
}

async function show(context: Context, key: string | undefined): Promise<Exit> {
  const { settings, files } = await settingsOf(context);
  const shown = key === undefined ? settings : settings.filter((each) => each.key === key);
  if (shown.length === 0 && key !== undefined) {
    const near = nearest(
      key,
      settings.map((each) => each.key),
    );
    throw new CoppiceError(
      'not-found',
      near === undefined ? `There is no setting ${key}.` : `There is no setting ${key}${meaning(near)}`,
      'See `coppice config list` for those there are.',
    );
  }
  context.out.result(key === undefined ? { settings, files } : shown[0], () => {
    const { dim } = context.out.paint;
    return table(
      shown.map((each) => [each.key, valueText(each.value), dim(each.source)]),
      context.out.columns,
    );
  });
  return exits.done;
}

function described({ out }: Context, { settings, files }: Settings): Text[] {
  const { bold, dim } = out.paint;
  return [
    ...settings.flatMap(({ key, value, source, description }) => [
      text`${bold(key)} = ${valueText(value)}  ${dim(source)}`,
      text`    ${description}`,
    ]),
    dim('Files, later ones override earlier ones:'),
    ...files.map(({ path, present }) => text`    ${path}${dim(present ? '' : '  (not there)')}`),
  ];
}

function valueText(value: unknown): string {
  return oneLine(typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value), 120);
}
