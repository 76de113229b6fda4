import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoppiceError } from '../../core/errors.ts';
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
    .action(() => perform(init));
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

async function init({ engine, out, shell }: Context): Promise<Exit> {
  const { command, folder, image } = await buildOf(engine);
  if (shell.exec === undefined || out.style !== 'terminal') {
    out.result({ command }, () => [text`${command.join(' ')}`]);
    return exits.done;
  }
  out.note(`Building ${image} …`);
  return (await shell.exec(command, folder)) === 0 ? exits.done : exits.failed;
}

/** How the image that is set is built, by the daemon that is set. */
export async function buildOf(
  engine: Context['engine'],
): Promise<{ readonly command: readonly string[]; readonly folder: string; readonly image: string }> {
  const { settings } = await engine.request('config/show', {});
  const valueOf = (name: string): unknown => settings.find(({ key }) => key === name)?.value;
  const [found, socket] = [valueOf('executors.docker.image'), valueOf('executors.docker.socket')];
  const image = typeof found === 'string' ? found : 'my-claude:authenticated';
  const folder = dockerFolder();
  const daemon = typeof socket === 'string' && socket !== 'auto' ? ['-H', `unix://${socket}`] : [];
  return { command: ['docker', ...daemon, 'build', '--tag', image, folder], folder, image };
}

/** Beside the bundle's folder, or in the sources. */
function dockerFolder(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const folder = join(at, 'media', 'docker');
    if (existsSync(join(folder, 'Dockerfile'))) return folder;
    if (dirname(at) === at) break;
    at = dirname(at);
  }
  throw new CoppiceError(
    'not-found',
    'The Dockerfile that comes with Coppice is not there.',
    'Install Coppice again, or write one with git and the agent, and name its image with `executors.docker.image`.',
  );
}
