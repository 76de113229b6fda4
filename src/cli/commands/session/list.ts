import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import type { SessionView } from '../../../protocol/schemas.ts';
import type { Context, Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { oneLine } from '../../../core/printable.ts';
import { noteReadOnly } from '../../read-only.ts';
import { durationText, workedMs, sessionRow, statusText } from '../../session-lines.ts';
import { table } from '../../table.ts';
import { absolute } from '../../work-options.ts';
import type { Piece, Text } from '../../text.ts';

interface ListOptions {
  readonly active?: true;
  readonly queued?: true;
  readonly archived?: true;
  readonly worktree?: string;
}

/** Adds `session list`, over all repositories unless `--repo` names one. */
export function addSessionList(group: Command, perform: Perform): void {
  group
    .command('list')
    .alias('ls')
    .summary('sessions with their status')
    .description(
      'Lists the sessions of all repositories, or of one with --repo, or of one worktree. With --json: one array.',
    )
    .addOption(new Option('--active', 'those that are queued or at work').conflicts(['queued', 'all']))
    .addOption(new Option('--queued', 'those that wait for a place').conflicts(['active', 'all']))
    .addOption(new Option('--all', 'every session that is not archived (default)').conflicts(['active', 'queued']))
    .option('--archived', 'archived ones too')
    .option('--worktree <which>', 'only those in this worktree: its name, branch or path')
    .action(({ active, queued, archived, worktree }: ListOptions) =>
      perform(async (context) => {
        const { sessions } = await context.engine.request('session/list', {
          which: active === true ? 'active' : queued === true ? 'queued' : 'all',
          archived: archived === true,
          ...(context.pathGiven ? { path: context.path } : {}),
          ...(worktree === undefined ? {} : { worktree: absolute(context, worktree) }),
        });
        await noteReadOnly(context);
        context.out.result(sessions.map(sessionRow), () => sessionTable(context, sessions));
        return exits.done;
      }),
    );
}

/** Below this width the mode gives its place to the title, and the branch where it says which repository. */
const wide = 100;

/**
 * On a terminal ids are shortened to what still tells them apart in practice, and branches to what leaves room for titles; a
 * pipe gets them whole. Where sessions of several repositories are listed, each says which is its own.
 */
export function sessionTable({ out, shell }: Context, sessions: readonly SessionView[]): Text[] {
  if (sessions.length === 0) return [out.paint.dim('No sessions.')];
  const onTerminal = out.style === 'terminal';
  const branchRoom = onTerminal ? Math.min(40, Math.max(16, out.columns - 80)) : 250;
  const narrow = onTerminal && out.columns < wide;
  const several = new Set(sessions.map(({ repository }) => repository)).size > 1;
  const columns: readonly (readonly [string, (session: SessionView) => Piece])[] = [
    ['ID', ({ id }) => (onTerminal ? id.slice(0, 8) : id)],
    ['STATUS', (session) => statusText(session, out.paint)],
    ['AGENT', ({ agent }) => agent],
    ...(narrow ? [] : [['MODE', ({ mode }: SessionView) => mode] as const]),
    ['TIME', (session) => (session.startedAt === null ? '-' : durationText(workedMs(session, shell.now())))],
    ...(several
      ? [['REPOSITORY', ({ repository }: SessionView) => oneLine(basename(repository), branchRoom)] as const]
      : []),
    ...(several && narrow
      ? []
      : [['BRANCH', ({ branch }: SessionView) => oneLine(branch ?? '-', branchRoom)] as const]),
    ['TITLE', ({ title }) => oneLine(title, 250)],
  ];
  const head = columns.map(([title]) => out.paint.dim(title));
  return table([head, ...sessions.map((session) => columns.map(([, cell]) => cell(session)))], out.columns);
}
