import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { engineFacts, engineLine } from './facts.ts';

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
