import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { addSessionAnswer } from './answer.ts';
import { addSessionAttach } from './attach.ts';
import { addSessionCancel } from './cancel.ts';
import { addSessionContinue } from './continue.ts';
import { addSessionInterrupt } from './interrupt.ts';
import { addSessionList } from './list.ts';
import { addSessionLogs } from './logs.ts';
import { addSessionRemove } from './remove.ts';
import { addSessionRename } from './rename.ts';
import { addSessionRestore } from './restore.ts';
import { addSessionShow } from './show.ts';
import { addSessionStart } from './start.ts';
import { addSessionTerminal } from './terminal.ts';

/** Adds the group `coppice session` under all its names. */
export function addSession(program: Command, perform: Perform): void {
  const group = program
    .command('session')
    .aliases(['instances', 'sessions', 'tasks'])
    .summary('start, watch and steer sessions')
    .description('Sessions: one agent at work on one task in one worktree.')
    .addHelpText(
      'after',
      '\nA session is named by its id, by the beginning of its id, or by its task.\n' +
        'Also understood: `instances spawn|list|stop` for `session start|list|cancel`, and `sessions` and\n`tasks` for `session`.',
    );
  for (const add of [
    addSessionStart,
    addSessionList,
    addSessionShow,
    addSessionLogs,
    addSessionAnswer,
    addSessionContinue,
    addSessionInterrupt,
    addSessionCancel,
    addSessionAttach,
    addSessionTerminal,
    addSessionRename,
    addSessionRemove,
    addSessionRestore,
  ]) {
    add(group, perform);
  }
}
