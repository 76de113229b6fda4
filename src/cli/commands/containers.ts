import type { Command } from 'commander';
import { CoppiceError } from '../../core/errors.ts';
import { buildImage, buildOf } from '../build-image.ts';
import type { Context, Perform } from '../context.ts';
import { exits, type Exit } from '../exit-codes.ts';
import { text } from '../text.ts';

/** Adds `clean`: containers of this data directory that have ended are removed. */
export function addClean(program: Command, perform: Perform): void {
  program
    .command('clean')
    .summary('remove containers that have ended')
    .description('Removes the containers of Coppice that have ended. Nothing else is touched.')
    .action(() => perform((context) => tidy(context, false)));
}

/** Adds `nuke`: all containers of this data directory are removed, those that run as well. */
export function addNuke(program: Command, perform: Perform): void {
  program
    .command('nuke')
    .summary('remove all containers of Coppice, running or not')
    .description(
      'Ends the agents that work in containers of Coppice and removes all these containers. Worktrees, branches and other ' +
        'containers are left alone.',
    )
    .option('--force', 'without asking')
    .action(({ force }: { readonly force?: true }) =>
      perform(async (context) => {
        if (force !== true && !(await agreed(context))) return exits.refused;
        return tidy(context, true);
      }),
    );
}

/** Adds `init`: builds the image that `executors.docker.image` names. */
export function addInit(program: Command, perform: Perform): void {
  program
    .command('init')
    .summary('build the image in which agents work')
    .description(
      'Builds the image that `executors.docker.image` names with `docker build`, from the Dockerfile that comes with Coppice. In a ' +
        'pipe, and with --json, the command is printed and not run.',
    )
    .argument(
      '[build-options...]',
      'after --: what else docker build is told, as in: -- --build-arg BASE=IMAGE --network host',
    )
    .action((options: readonly string[]) => perform((context) => init(context, options)));
}

async function tidy({ engine, out }: Context, all: boolean): Promise<Exit> {
  const { removed } = await engine.request('containers/tidy', { all });
  out.result({ removed }, () => [removed === 1 ? text`1 container removed.` : text`${removed} containers removed.`]);
  return exits.done;
}

async function agreed({ person }: Context): Promise<boolean> {
  if (person === undefined) {
    throw new CoppiceError('bad-usage', 'This ends agents that are at work.', 'Add --force if that is what you want.');
  }
  const typed = await person.ask('End all agents in containers and remove these? (yes or no): ');
  return typed?.trim() === 'yes';
}

async function init(context: Context, options: readonly string[]): Promise<Exit> {
  const { out, shell } = context;
  const build = await buildOf(context, { options });
  if (shell.exec === undefined || out.style !== 'terminal') {
    out.result({ command: build.command }, () => [text`${build.command.join(' ')}`]);
    return exits.done;
  }
  out.note(`Building ${build.image} …`);
  await buildImage(context, build);
  out.note(`${build.image} is built.`);
  return exits.done;
}
