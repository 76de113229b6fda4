import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { CoppiceError } from '../core/errors.ts';
import { createSchema, type SessionView } from '../protocol/schemas.ts';
import type { ParamsOf, Requests } from '../protocol/contract.ts';
import type { Context } from './context.ts';
import { insist } from './insist.ts';
import { promptFrom } from './prompt.ts';
import { badUsage } from './usage-error.ts';
import { withImage } from './with-image.ts';
import { withRoom } from './with-room.ts';
import { withTrust } from './with-trust.ts';

const { mode, priority } = createSchema.shape;

/** What can be said of a piece of work that is to be started. */
export interface WorkOptions {
  readonly promptFile?: string;
  readonly agent?: string;
  readonly agentOption?: readonly string[];
  readonly executor?: string;
  readonly mode?: ParamsOf<Requests, 'session/create'>['mode'];
  readonly worktree?: string;
  readonly name?: string;
  readonly base?: string;
  readonly priority?: ParamsOf<Requests, 'session/create'>['priority'];
  readonly label?: readonly string[];
  readonly parent?: string;
  readonly stage?: string;
  readonly anyway?: true;
}

/** Adds the prompt and the options of work to a command; what the parser makes of the options is a `WorkOptions`. */
export function addWorkOptions(command: Command): Command {
  return command
    .argument('[prompt]', 'what the agent is to do')
    .option('--prompt-file <path>', 'read the prompt from a file; - is standard input')
    .option('--agent <id>', 'who works: claude-code, codex, opencode, gemini, qwen, copilot, aider, demo, or your own')
    .option('--agent-option <name=value>', 'an option of the agent; repeat for more', collect)
    .option('--executor <id>', 'where it works: local, docker, tmux, ssh:<host>; default: the setting executor.default')
    .addOption(new Option('--mode <mode>', 'how it works').choices(mode.unwrap().options))
    .option('--worktree <which>', 'work in this worktree: its name, branch or path')
    .option('--name <name>', 'name of the worktree to find or make')
    .option('--base <ref>', 'where the branch starts; default: where the main checkout is')
    .addOption(new Option('--priority <priority>', 'its lane in the queue').choices(priority.unwrap().options))
    .option('--label <label>', 'what it counts as for limits.labels, e.g. area:auth; repeat for more', collect)
    .option('--parent <session>', 'the session that this one belongs to')
    .option('--stage <name>', "the stage of that session's plan, e.g. build")
    .option('--anyway', 'also where memory or disk may run out with it');
}

/** Parser of an option that may be repeated: the values in the order in which they were given. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Hands the work to the engine. Throws `queue-full` when it was refused for want of room. */
export async function startWork(
  context: Context,
  argument: string | undefined,
  options: WorkOptions,
): Promise<SessionView> {
  const { agentOption, label, promptFile, worktree, ...rest } = options;
  const params: ParamsOf<Requests, 'session/create'> = {
    ...rest,
    id: randomUUID(),
    path: context.path,
    prompt: await promptFrom(context.shell, argument, promptFile),
    ...(worktree === undefined ? {} : { worktree: absolute(context, worktree) }),
    ...(label === undefined ? {} : { labels: [...label] }),
    ...(agentOption === undefined ? {} : { agentOptions: agentOptions(agentOption) }),
    requester: context.requester(),
  };
  const { verdict, session } = await withTrust(context, () =>
    withImage(context, () =>
      withRoom(context, (anyway) => insist(context, 'session/create', anyway ? { ...params, anyway } : params)),
    ),
  );
  if (verdict.status === 'rejected') {
    throw new CoppiceError(
      'queue-full',
      verdict.reason,
      'Wait until one has ended; `coppice session list --active` shows them.',
    );
  }
  if (session === undefined)
    throw new CoppiceError('internal', 'The engine took the work and named no session.', 'Report this as a bug.');
  context.began(session.id);
  return session;
}

/** What looks like a path of this shell is one; everything else is a name. */
export function absolute({ shell }: Context, worktree: string): string {
  return /^(?:\/|\.{1,2}(?:\/|$))/.test(worktree) ? resolve(shell.cwd, worktree) : worktree;
}

/** `name=value` pairs; a value that is JSON is taken as such, anything else as text. */
function agentOptions(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw badUsage(`--agent-option ${pair} has no name and value.`, 'Write it as --agent-option <name>=<value>.');
      return [pair.slice(0, at), valueOf(pair.slice(at + 1))];
    }),
  );
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
