import { InvalidArgumentError, type Command } from 'commander';
import type { StopView } from '../../../protocol/breakpoints.ts';
import type { Context, Perform } from '../../context.ts';
import { exits, type Exit } from '../../exit-codes.ts';
import { oneLine } from '../../../core/printable.ts';
import type { Paint } from '../../paint.ts';
import { table } from '../../table.ts';
import { text, type Text } from '../../text.ts';

const forms = `
Conditions:
  before turn, after turn            every prompt, every end of a turn
  before tool <name>, after tool …   * is any text: before tool Edit*
  command <pattern>                  command git push*
  path <glob>                        files that a tool writes: path src/**
  danger [kind]                      what the monitor finds dangerous: danger force-push
  diff-size <lines>                  the whole change, after a turn
  fewer-tests <n>                    so many tests fewer than before the work, after a turn
  confidence <0 to 1>                a judged turn that would be let through with less
  same-error <times>                 after a turn
  tokens-per-minute <n>, cost-per-minute <dollars>, worked-minutes <n>
Several are joined with "and": after turn and diff-size 400

An agent that asks for permission is held before its tool; one that does not is interrupted right
after it.`;

interface AddOptions {
  readonly session?: string;
  readonly fromHit?: number;
  readonly once?: true;
}

/** Adds the group `breakpoints`: conditions that hold a session until a person has decided, and permissions given for good. */
export function addBreakpoints(program: Command, perform: Perform): void {
  const group = program
    .command('breakpoints')
    .alias('breakpoint')
    .summary('hold sessions where you want to look, and see what you allowed for good')
    .description('Breakpoints of the repository. One that is hit holds its session and shows up under what needs you.');
  group
    .command('list', { isDefault: true })
    .summary('breakpoints with their hits, and permissions')
    .description('Shows breakpoints with how often each was hit, and the permissions that hold without asking again.')
    .action(() => perform(list));
  group
    .command('add')
    .argument('<condition...>', 'when a session is to be held')
    .summary('set one')
    .description('Sets a breakpoint for all sessions of the repository, or for one.')
    .option('--session <session>', 'only this one')
    .option('--from-hit <n>', 'hold from this hit on; earlier ones are only counted', whole)
    .option('--once', 'hold once, then forget it ("run to here")')
    .addHelpText('after', forms)
    .action((words: readonly string[], options: AddOptions) =>
      perform(async ({ engine, out, path }) => {
        const { session, fromHit, once } = options;
        const set = await engine.request('breakpoint/set', {
          ...{ path, condition: words.join(' ') },
          ...(session === undefined ? {} : { session }),
          ...(fromHit === undefined ? {} : { fromHit }),
          ...(once === undefined ? {} : { once }),
        });
        out.result(set, () => [text`Breakpoint ${set.id}: ${oneLine(set.text, 300)}`]);
        return exits.done;
      }),
    );
  for (const enabled of [true, false]) {
    group
      .command(enabled ? 'enable' : 'disable')
      .argument('<breakpoint>', 'its id')
      .summary(enabled ? 'let it hold again' : 'keep it without holding')
      .description(
        enabled ? 'Lets a breakpoint hold again.' : 'Keeps a breakpoint, which then neither counts nor holds.',
      )
      .action((breakpoint: string) =>
        perform(async ({ engine, out }) => {
          const set = await engine.request('breakpoint/enable', { breakpoint, enabled });
          out.result(set, () => [text`Breakpoint ${set.id}: ${enabled ? 'enabled' : 'disabled'}.`]);
          return exits.done;
        }),
      );
  }
  addRemoving(group, perform);
}

function addRemoving(group: Command, perform: Perform): void {
  group
    .command('remove')
    .argument('<breakpoint>', 'its id')
    .summary('forget a breakpoint')
    .description('Removes a breakpoint. What it holds at the moment still waits for an answer.')
    .action((breakpoint: string) =>
      perform(async ({ engine, out }) => {
        await engine.request('breakpoint/remove', { breakpoint });
        out.result({ breakpoint }, () => [text`Breakpoint ${breakpoint} is removed.`]);
        return exits.done;
      }),
    );
  group
    .command('withdraw')
    .argument('<permission>', 'its id')
    .summary('take a permission back that was given for good')
    .description('From here on it is asked again.')
    .action((permission: string) =>
      perform(async ({ engine, out }) => {
        await engine.request('permission/withdraw', { permission });
        out.result({ permission }, () => [text`Permission ${permission} is withdrawn.`]);
        return exits.done;
      }),
    );
}

async function list({ engine, out, path, shell }: Context): Promise<Exit> {
  const both = await engine.request('breakpoint/list', { path });
  const { breakpoints, permissions } = both;
  out.result(both, () => [
    ...(breakpoints.length === 0 ? [out.paint.dim('No breakpoints are set.')] : []),
    ...table(
      breakpoints.map((each) => row(each, out.paint)),
      shell.stdout.columns,
    ),
    ...(permissions.length === 0 ? [] : ['', out.paint.bold('Allowed without asking again')]),
    ...table(
      permissions.map(({ id, tool, pattern, session }) => [
        id,
        session === undefined ? 'always' : `session ${session.slice(0, 8)}`,
        oneLine(`${tool}: ${pattern}`, 300),
      ]),
      shell.stdout.columns,
    ),
  ]);
  return exits.done;
}

function row({ id, spec, hits, text: condition }: StopView, { dim, yellow }: Paint): (string | Text)[] {
  const where = spec.session === undefined ? '' : `, session ${spec.session.slice(0, 8)}`;
  const from = spec.fromHit > 1 ? `, from hit ${spec.fromHit}` : '';
  const state = spec.enabled ? yellow('on') : dim('off');
  return [id, state, `${hits} hits`, oneLine(`${condition}${from}${spec.once ? ', once' : ''}${where}`, 400)];
}

function whole(value: string): number {
  if (/^[1-9]\d{0,6}$/u.test(value)) return Number(value);
  throw new InvalidArgumentError('It is a number from 1 to 1000000.');
}
