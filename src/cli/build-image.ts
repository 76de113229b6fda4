/** The image in which agents work, built by `docker build` from the Dockerfile that comes with Coppice. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoppiceError } from '../core/errors.ts';
import type { Context } from './context.ts';

/** A build: its command line, the folder in which it runs, and the name that the image gets. */
export interface Build {
  readonly command: readonly string[];
  readonly folder: string;
  readonly image: string;
}

/** What differs from the usual build. */
interface BuildOptions {
  /** The name that the image gets; the one that is set unless given. */
  readonly image?: string | undefined;
  /** What else `docker build` is told. */
  readonly options?: readonly string[];
}

/** How the image is built, by the daemon that is set. */
export async function buildOf(
  { engine, requester }: Pick<Context, 'engine' | 'requester'>,
  { image: wanted, options = [] }: BuildOptions = {},
): Promise<Build> {
  const { settings } = await engine.request('config/show', { settings: requester().settings ?? {} });
  const valueOf = (name: string): unknown => settings.find(({ key }) => key === name)?.value;
  const [found, socket] = [valueOf('executors.docker.image'), valueOf('executors.docker.socket')];
  const image = wanted ?? (typeof found === 'string' ? found : 'my-claude:authenticated');
  const folder = dockerFolder();
  const daemon = typeof socket === 'string' && socket !== 'auto' ? ['-H', `unix://${socket}`] : [];
  return { command: ['docker', ...daemon, 'build', '--tag', image, ...options, folder], folder, image };
}

/**
 * Builds it in this terminal, where a person sees how it goes. Throws `executor-missing` when it comes to no image, `disk-full` when
 * there is too little room for one.
 */
export async function buildImage(
  { engine, shell }: Pick<Context, 'engine' | 'shell'>,
  { command, folder, image }: Build,
): Promise<void> {
  const status = (await shell.exec?.(command, folder)) ?? 1;
  if (status === 0) return;
  const message = `The image ${image} was not built: docker build ended with status ${status}, and its last lines say why.`;
  // Where nobody can say what is free, what Docker said stands in the terminal all the same.
  const { shortage } = await engine.request('containers/room', {}).catch(() => ({ shortage: null }));
  if (shortage !== null)
    throw new CoppiceError(
      'disk-full',
      `${message} ${shortage.message}`,
      `${shortage.next} Then run \`coppice init\` again.`,
    );
  throw new CoppiceError(
    'executor-missing',
    message,
    'Run `coppice init` again when that is mended. Another base image, a proxy or a network is named after --, as in: coppice init -- --build-arg BASE=IMAGE',
  );
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
