import { Argument, type Command } from 'commander';
import { completionScript, shells } from '../completion.ts';
import type { Perform } from '../context.ts';
import { exits } from '../exit-codes.ts';

/** Adds `coppice completion`. */
export function addCompletion(program: Command, perform: Perform): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell that is to read it').choices(shells))
    .summary('let your shell complete commands and options')
    .description('Prints what a shell reads to complete the commands and options of `coppice`. No engine is asked.')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  source <(coppice completion bash)          in ~/.bashrc; zsh in ~/.zshrc\n' +
        '  coppice completion fish | source           in ~/.config/fish/config.fish',
    )
    .action((shell: (typeof shells)[number]) =>
      perform(({ out }) => {
        const script = completionScript(program, shell);
        out.result({ shell, script }, () => script.split('\n'));
        return Promise.resolve(exits.done);
      }),
    );
}
