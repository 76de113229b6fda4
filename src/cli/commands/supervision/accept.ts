import { Argument, type Command } from 'commander';
import type { AutonomyLevel } from '../../../core/supervision/decision.ts';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { text } from '../../text.ts';
import { sessionArgument } from '../../session-argument.ts';

const levels = ['guided', 'collaborative', 'supervised', 'autonomous'] as const satisfies readonly AutonomyLevel[];

/** Adds `accept`. `wrong-state` when gates are in force and have not passed on the files as they are. */
export function addAccept(program: Command, perform: Perform): void {
  program
    .command('accept')
    .argument('<session>', sessionArgument)
    .summary("say that a session's work is as it should be")
    .description(
      'Your word about the files as they are, kept with their tree. It is void when one of them changes. Landing is a step of its own: ' +
        '`coppice land`.',
    )
    .option('--unverified', 'although the gates have not passed on these files; kept on record')
    .action((key: string, { unverified }: { readonly unverified?: true }) =>
      perform(async ({ engine, out }) => {
        const { id: session } = await engine.request('session/show', { session: key });
        const accepted = await engine.request('supervision/accept', { session, unverified: unverified === true });
        const proof = accepted.unverified ? ', without proof from gates' : '';
        out.result({ session, ...accepted }, () => [
          text`Session ${session}: accepted${proof} (tree ${accepted.tree.slice(0, 12)}).`,
        ]);
        return exits.done;
      }),
    );
}

/** Adds `autonomy`. */
export function addAutonomy(program: Command, perform: Perform): void {
  program
    .command('autonomy')
    .argument('<session>', sessionArgument)
    .addArgument(new Argument('<level>', 'how much happens without you').choices(levels))
    .summary('be asked more, or less, about a session')
    .description(
      'Changes it from the next step on. guided: you are asked at each tool that asks, and after each turn. collaborative: after each\n' +
        'turn. supervised: what a check refuses is tried again, and you are asked when that is used up or nobody can be sure.\n' +
        'autonomous: as supervised, but a turn that a gate refuses is rolled back first (`coppice undo` takes that back), and tools in\n' +
        'which nothing dangerous is seen are let through. Dangers, limits and breakpoints are yours at every level, and no level lets a\n' +
        'failed gate pass.',
    )
    .action((key: string, level: AutonomyLevel) =>
      perform(async ({ engine, out }) => {
        const { id: session } = await engine.request('session/show', { session: key });
        await engine.request('supervision/level', { session, level });
        out.result({ session, level }, () => [text`Session ${session}: ${level}, from the next step on.`]);
        return exits.done;
      }),
    );
}
