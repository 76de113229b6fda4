import { Option, type Command } from 'commander';
import type { SessionView } from '../../../protocol/schemas.ts';
import type { Context, Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { oneLine } from '../../../core/printable.ts';
import { noteReadOnly } from '../../read-only.ts';
import { durationText, elapsedMs, sessionRow, statusText } from '../../session-lines.ts';
import { table } from '../../table.ts';
import type { Text } from '../../text.ts';

interface ListOptions {
  readonly active?: true;
  readonly queued?: true;
  readonly archived?: true;
}

/** Adds `session list`, over all repositories unless `--repo` names one. */
export function addSessionList(group: Command, perform: Perform): void {
  group
    .command('list')
    .alias('ls')
    .summary('sessions with their status')
    .description('Lists the sessions of all repositories, or of one with --repo. With --json: one array.')
    .addOption(new Option('--active', 'those that are queued or at work').conflicts(['queued', 'all']))
    .addOption(new Option('--queued', 'those that wait for a place').conflicts(['active', 'all']))
    .addOption(new Option('--all', 'every session that is not archived (default)').conflicts(['active', 'queued']))
    .option('--archived', 'archived ones too')
    .action(({ active, queued, archived }: ListOptions) =>
      perform(async (context) => {
        const { sessions } = await context.engine.request('session/list', {
          which: active === true ? 'active' : queued === true ? 'queued' : 'all',
          archived: archived === true,
          ...(context.pathGiven ? { path: context.path } : {}),
        });
        await noteReadOnly(context);
        context.out.result(sessions.map(sessionRow), () => sessionTable(context, sessions));
        return exits.done;
      }),
    );
}

/** On a terminal ids are shortened to what still tells them apart in practice; a pipe gets them whole. */
export function sessionTable({ out, shell }: Context, sessions: readonly SessionView[]): Text[] {
  if (sessions.length === 0) return [out.paint.dim('No sessions.')];
  const onTerminal = out.style === 'terminal';
  const head = ['ID', 'STATUS', 'AGENT', 'MODE', 'TIME', 'BRANCH', 'PROMPT'].map((title) => out.paint.dim(title));
  const rows = sessions.map((session) => [
    onTerminal ? session.id.slice(0, 8) : session.id,
    statusText(session, out.paint),
    session.agent,
    session.mode,
    session.startedAt === null ? '-' : durationText(elapsedMs(session, shell.now())),
    oneLine(session.branch ?? '-', onTerminal ? 40 : 250),
    oneLine(session.prompt, 250),
  ]);
  return table([head, ...rows], out.columns);
}
