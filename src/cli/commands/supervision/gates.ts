import type { Command } from 'commander';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { text } from '../../text.ts';

/** Adds `gates`: what judges in this repository, and what could. */
export function addGates(program: Command, perform: Perform): void {
  program
    .command('gates')
    .summary('the commands that judge turns in this repository')
    .description(
      'Shows the gates that are set, and those that the files of the repository suggest. Nothing that was found counts before you ' +
        'set it in `.coppice.yaml` or your own settings.',
    )
    .action(() =>
      perform(async ({ engine, out, path }) => {
        const { set, found } = await engine.request('supervision/gates', { path });
        const isSet = (command: readonly string[]): boolean =>
          set.some((each) => JSON.stringify(each.command) === JSON.stringify(command));
        const more = found.filter(({ command }) => !isSet(command));
        out.result({ set, found }, () => [
          ...(set.length === 0 ? [out.paint.dim('No gates are set: what an agent reports is not checked.')] : []),
          ...set.map(({ command }) => text`set    ${command.join(' ')}`),
          ...more.map(
            ({ command, kind, from }) => text`found  ${command.join(' ')}  ${out.paint.dim(`${kind}, by ${from}`)}`,
          ),
          ...(more.length === 0
            ? []
            : ['', out.paint.dim('To have them judge, write in .coppice.yaml of the repository:'), ...yaml(more)]),
        ]);
        return exits.done;
      }),
    );
}

function yaml(found: readonly { readonly command: readonly string[] }[]): string[] {
  return ['supervision:', '  gates:', ...found.map(({ command }) => `    - ${JSON.stringify(command)}`)];
}
