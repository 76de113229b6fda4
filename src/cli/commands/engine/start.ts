import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { engineFacts, engineLine } from './facts.ts';

/** Adds `engine start`. A running engine is as good as one that is started: both print the engine and end with 0. */
export function addEngineStart(group: Command, perform: Perform): void {
  group
    .command('start')
    .summary('start the engine, if none runs')
    .description('Starts the engine. Every command that needs it does so by itself.')
    .action(() =>
      perform(async ({ engine, out }) => {
        const state = await engine.request('engine/status', {});
        out.result(engineFacts(state), () => [engineLine(state)]);
        return exits.done;
      }),
    );
}
