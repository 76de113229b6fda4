/** Why an agent was not started in a container, with what to do about it. */
import { CoppiceError } from '../../core/errors.ts';
import { makeRoom, shortOfRoom, type ImageRoom } from '../../core/image-room.ts';
import type { RunRef } from '../executor.ts';
import { becauseOfNode } from '../node-there.ts';
import { shareOfMachine, type DaemonMachine } from './container.ts';
import { statusOf, type Daemon } from './daemon.ts';

/** What the container says when the agent's program is not in it, and when node is not. See `container.ts`. */
const noSuchProgram = 69;
const noRelay = 70;

/** How daemons and their helpers hand on that a disk is full. */
const noSpace = /no space left on device|disk quota exceeded/iu;

/** As the daemon names machines, and as images do. */
const architectures: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** What is to be said of an image for machines of another kind; it would run here with an emulation alone. */
export async function foreignImage(daemon: Daemon, image: string): Promise<CoppiceError | undefined> {
  const found = await daemon.find((docker) => docker.getImage(image).inspect());
  const info = (await daemon.ask((docker) => docker.info())) as { Architecture?: string };
  const [there, here] = [found?.Architecture, architectures[info.Architecture ?? ''] ?? info.Architecture];
  if (there === undefined || there === '' || here === undefined || there === here) return undefined;
  return new CoppiceError(
    'executor-missing',
    `The image ${image} is made for ${there}, and this machine is ${here}.`,
    `Build it here with \`coppice init\`, or pull it for this machine: docker pull --platform linux/${here} ${image}`,
    { context: { architecture: there } },
  );
}

/** What is to be said of a container that ended before it ran an agent. */
export async function endedAtOnce(
  daemon: Daemon,
  image: string,
  command: string,
  state: { readonly ExitCode: number; readonly Error: string } | undefined,
): Promise<CoppiceError> {
  if (state?.ExitCode === noSuchProgram) {
    return new CoppiceError(
      'agent-missing',
      `The agent's program is not in the image ${image}: ${command}`,
      `${becauseOfNode(command)}Add it to the image, or set another one with \`executors.docker.image\`.`,
      { context: { image, command } },
    );
  }
  if (state?.ExitCode === noRelay) {
    return new CoppiceError(
      'executor-missing',
      `The image ${image} has no node, which a container needs that reaches its model alone.`,
      'Add it to the image, or choose another `executors.docker.network`.',
    );
  }
  const foreign = await foreignImage(daemon, image);
  if (foreign !== undefined) return foreign;
  return new CoppiceError(
    'agent-unusable',
    `The container of the agent ended at once (status ${state?.ExitCode ?? 'none'}${state?.Error ? `: ${state.Error}` : ''}).`,
    `Try the image: docker run --rm -it --entrypoint sh ${image}. It needs sh, cat, mkfifo and tail.`,
    { context: { image } },
  );
}

/**
 * What is to be said of an image that the daemon does not have, and of room for it. The context names it, so that it can be built, and
 * says with `room: short` that the build would hardly come to its end.
 */
export function noImage(
  image: string,
  { cause, room }: { readonly cause?: unknown; readonly room?: ImageRoom | undefined } = {},
): CoppiceError {
  const short = room === undefined ? undefined : shortOfRoom(room);
  const next =
    'Build it with `coppice init`, pull it with `docker pull`, or set another one with `executors.docker.image`.';
  return new CoppiceError(
    'executor-missing',
    `The image ${image} is not there.${short === undefined ? '' : ` ${short}`}`,
    short === undefined ? next : `${makeRoom}. ${next}`,
    { context: { image, ...(short === undefined ? {} : { room: 'short' }) }, cause },
  );
}

/** What is to be said where the containers that are there may use so much memory that too little is left for one more. */
export function noMemory({ MemTotal: bytes = 0 }: DaemonMachine): CoppiceError {
  const [all, most] = [bytes, bytes * shareOfMachine].map((each) => Math.floor(each / 2 ** 20));
  return new CoppiceError(
    'no-room',
    `Containers get ${most} of the ${all} MB of memory of their machine, and those at work may use nearly all of that.`,
    'Continue the session when another one has ended. With a lower `executors.docker.memoryMegabytes`, or `limits.running`, more have room.',
  );
}

/** What is to be said of a container that the daemon would not make or start. */
export function refusal(error: unknown, image: string, { session, run }: RunRef): unknown {
  if (error instanceof CoppiceError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const context = { image, session, run: String(run), daemon: said.slice(0, 500) };
  if (statusOf(error) === 404) return noImage(image, { cause: error });
  if (noSpace.test(said)) {
    return new CoppiceError(
      'disk-full',
      `There is no room for the container on the disk of Docker: ${said.trim().replace(/\.$/u, '')}.`,
      `${makeRoom}. Then continue the session.`,
      { context, cause: error },
    );
  }
  // There the number of the user means another one of this host, who may not even run its init.
  if (/podman-init: permission denied/u.test(said)) {
    return new CoppiceError(
      'executor-missing',
      'Podman runs without root here, and in its containers the owner of the worktree is somebody else.',
      'Name the socket of Docker, or of a Podman with root, with `executors.docker.socket`.',
      { context: { session, run: String(run), daemon: said.slice(0, 500) }, cause: error },
    );
  }
  return new CoppiceError(
    'executor-missing',
    `Docker could not start the container: ${said.trim().replace(/\.$/u, '')}.`,
    'See `docker info`.',
    {
      context,
      cause: error,
    },
  );
}
