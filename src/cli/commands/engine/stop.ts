import type { Command } from 'commander';
import { CoppiceError } from '../../../core/errors.ts';
import { isLost } from '../../connection.ts';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { text } from '../../text.ts';
import { runningEngine } from './status.ts';

const waitMs = 15_000;

/** Adds `engine stop`. Returns once the engine has ended; `timed-out` when that takes more than 15 s. */
export function addEngineStop(group: Command, perform: Perform): void {
  group
    .command('stop')
    .summary('stop the engine; agents go on')
    .description(
      'Stops the engine. Agents are not disturbed: the next engine finds them again. Returns when it has ended.',
    )
    .action(() =>
      perform(async (context) => {
        const { out, shell } = context;
        const connection = await runningEngine(context);
        if (connection === undefined) {
          out.result({ stopped: false, pid: null }, () => ['No engine runs.']);
          return exits.done;
        }
        const { pid } = connection.engine;
        try {
          await connection.request('engine/stop', { reason: 'coppice engine stop' });
        } catch (error) {
          // It may be gone before its answer is.
          if (!isLost(error)) throw error;
        }
        const patience = new AbortController();
        const ended = await Promise.race([
          connection.closed.then(() => true),
          shell.sleep(waitMs, patience.signal).then(() => false),
        ]);
        patience.abort();
        if (!ended) {
          throw new CoppiceError(
            'timed-out',
            `The engine (pid ${pid}) did not stop within ${waitMs / 1000} s.`,
            'See `coppice engine status`.',
          );
        }
        out.result({ stopped: true, pid }, () => [text`Engine ${pid} has stopped.`]);
        return exits.done;
      }),
    );
}
