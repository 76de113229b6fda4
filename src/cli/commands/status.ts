import type { Command } from 'commander';
import type { Perform } from '../context.ts';
import { exits } from '../exit-codes.ts';
import { sessionRow } from '../session-lines.ts';
import { text } from '../text.ts';
import { sessionTable } from './session/list.ts';

/** Adds `coppice status`: the engine, its limits, and every session that has not ended. */
export function addStatus(program: Command, perform: Perform): void {
  program
    .command('status')
    .summary('what is going on')
    .description(
      'Shows the engine, the places that are taken, and every session that is queued, at work or waiting for you.',
    )
    .action(() =>
      perform(async (context) => {
        const { engine, out } = context;
        const state = await engine.request('engine/status', {});
        const { sessions } = await engine.request('session/list', { which: 'active' });
        out.result({ engine: state, sessions: sessions.map(sessionRow) }, () => {
          const { running, queued, needsYou, total } = state.sessions;
          const needs = `${needsYou} need you`;
          const { limits } = state;
          const kept = (limits.reserved ?? 0) > 0 ? ` (${limits.reserved ?? 0} reserved)` : '';
          return [
            text`Engine ${state.version}, pid ${state.pid}, since ${state.startedAt}`,
            ...(state.readOnly === undefined ? [] : [out.paint.red(text`Read-only: ${state.readOnly}`)]),
            text`Sessions: ${running} of ${limits.running} running${kept}, ${queued} of ${limits.waiting} queued, ${needsYou > 0 ? out.paint.yellow(needs) : needs}, ${total} in all`,
            ...(sessions.length === 0 ? [] : sessionTable(context, sessions)),
          ];
        });
        return exits.done;
      }),
    );
}
