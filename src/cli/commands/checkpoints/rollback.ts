import type { Command } from 'commander';
import type { ConversationWay } from '../../../core/restore/conversation.ts';
import type { RestoreResult } from '../../../protocol/diff-schemas.ts';
import type { Context, Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { text } from '../../text.ts';
import { checkpointNumber, collect } from './arguments.ts';
import { fileLines } from './file-lines.ts';
import { sessionArgument } from '../../session-argument.ts';

/** Reading and writing a large worktree takes its time. */
const timeoutMs = 30 * 60_000;

interface RollbackOptions {
  readonly path?: readonly string[];
  readonly dryRun?: true;
  readonly pause?: true;
  readonly conversation?: true;
}

/** Adds `rollback`: the files of a session as they were at a checkpoint. */
export function addRollback(program: Command, perform: Perform): void {
  program
    .command('rollback')
    .argument('<session>', sessionArgument)
    .argument('<n>', 'the checkpoint, see `coppice checkpoints`', checkpointNumber)
    .summary("bring a session's files back to a checkpoint")
    .description(
      'Brings the files of a session back to a checkpoint, all or some of them. The state before is kept as a checkpoint\n' +
        'first, so that `coppice undo` takes the rollback back. Files that git ignores are never written over.',
    )
    .option('--path <path>', 'only this file or folder, relative to the worktree; can be repeated', collect)
    .option('-n, --dry-run', 'only say what would change')
    .option('--conversation', 'the conversation with the agent goes back, too')
    .option('--pause', 'interrupt the agent if it is at work')
    .action((session: string, to: number, options: RollbackOptions) =>
      perform(async (context) =>
        options.dryRun === true ? preview(context, session, to, options.path) : apply(context, session, to, options),
      ),
    );
}

/** Adds `undo`: takes the last rollback back. */
export function addUndo(program: Command, perform: Perform): void {
  program
    .command('undo')
    .argument('<session>', sessionArgument)
    .summary('take the last rollback of a session back')
    .description(
      'Takes the last rollback of a session back: the files that it changed, and no others. Itself a rollback.',
    )
    .option('--pause', 'interrupt the agent if it is at work')
    .action((session: string, { pause }: { readonly pause?: true }) =>
      perform(async (context) => {
        const params = { session, pause: pause === true };
        tell(context, await context.engine.request('restore/undo', params, { timeoutMs }));
        return exits.done;
      }),
    );
}

async function preview(
  { engine, out }: Context,
  session: string,
  to: number,
  paths: readonly string[] | undefined,
): Promise<typeof exits.done> {
  const all = await engine.request('restore/preview', { session, to });
  const files = all.files.filter(({ path }) => paths === undefined || paths.some((each) => isIn(path, each)));
  out.result({ ...all, files }, () => [
    ...fileLines(files, out.paint),
    ...all.obstacles.map((path) => text`in the way, and ignored by git: ${path}`),
    ...all.remarks.map((remark) => out.paint.dim(text`${remark}`)),
    ...(told[all.conversation].would === undefined ? [] : [out.paint.dim(told[all.conversation].would ?? '')]),
    ...(all.live ? ['An agent is at work: it has to be paused first (--pause).'] : []),
    ...(files.length === 0 ? [out.paint.dim('Nothing would change.')] : []),
  ]);
  return exits.done;
}

function isIn(path: string, wanted: string): boolean {
  const folder = wanted.replace(/\/+$/, '');
  return path === folder || path.startsWith(`${folder}/`);
}

async function apply(
  context: Context,
  session: string,
  to: number,
  { path, pause, conversation }: RollbackOptions,
): Promise<typeof exits.done> {
  const params = {
    ...{ session, to, pause: pause === true },
    ...(path === undefined ? {} : { paths: [...path] }),
    ...(conversation === undefined ? {} : { conversation }),
  };
  tell(context, await context.engine.request('restore/apply', params, { timeoutMs }));
  return exits.done;
}

function tell({ out }: Context, result: RestoreResult): void {
  const { files, to, before, after, conversation } = result;
  const talk = conversation === undefined ? [] : [told[conversation].done];
  out.result(result, () =>
    files === 0
      ? [out.paint.dim(text`Nothing to do: the files are as in checkpoint ${to}.`), ...talk]
      : [
          text`${files} ${files === 1 ? 'file' : 'files'} brought back to checkpoint ${to}.`,
          ...talk,
          out.paint.dim(
            text`before: checkpoint ${before ?? '-'}, after: checkpoint ${after ?? '-'}; coppice undo takes it back`,
          ),
        ],
  );
}

/** What the agent knows at its next prompt, and what it would with `--conversation`. */
const told: Readonly<Record<ConversationWay, { readonly done: string; readonly would?: string }>> = {
  same: { done: 'The conversation is where it was: nothing was said since.' },
  resume: {
    done: 'At the next prompt the agent goes on from what had been said then.',
    would: 'With --conversation the agent goes on from what had been said then.',
  },
  summary: {
    done: 'At the next prompt the agent begins a new conversation, with an account of the old one.',
    would: 'With --conversation the agent begins a new one, with an account of the old one.',
  },
  fresh: {
    done: 'At the next prompt the agent begins a new conversation.',
    would: 'With --conversation the agent begins a new one.',
  },
};
