import type { Command } from 'commander';
import { isCoppiceError } from '../../../core/errors.ts';
import type { Connection } from '../../connection.ts';
import type { Context, Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { text } from '../../text.ts';
import { engineFacts, engineLine } from './facts.ts';

/** Adds `engine status`. It never starts an engine; that none runs is an answer, with exit code 0. */
export function addEngineStatus(group: Command, perform: Perform): void {
  group
    .command('status')
    .summary('whether the engine runs')
    .description('Says whether the engine runs, and where. Starts none.')
    .action(() =>
      perform(async (context) => {
        const { out } = context;
        const connection = await runningEngine(context);
        if (connection === undefined) {
          out.result({ running: false, pid: null, version: null, socket: null }, () => ['No engine runs.']);
          return exits.done;
        }
        const state = await connection.request('engine/status', {});
        out.result(engineFacts(state), () => [
          engineLine(state),
          text`  data in ${state.home}, since ${state.startedAt}, ${state.clients} connected, last record ${state.lastSeq}`,
          ...(state.readOnly === undefined ? [] : [out.paint.red(text`  read-only: ${state.readOnly}`)]),
        ]);
        return exits.done;
      }),
    );
}

/** A connection to the engine that runs, or undefined when none does. */
export async function runningEngine({ engine }: Context): Promise<Connection | undefined> {
  try {
    return await engine.open({ launch: false });
  } catch (error) {
    if (isCoppiceError(error, 'unreachable')) return undefined;
    throw error;
  }
}
