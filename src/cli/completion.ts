/** What a shell offers while somebody types: made from the grammar alone, so that no engine is asked for it. Pure. */
import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
type ShellName = (typeof shells)[number];

/** A command under each of its names, as `/session/list`, and what can follow it. */
interface Stop {
  readonly path: string;
  readonly words: readonly string[];
  /** With their hyphens. */
  readonly options: readonly string[];
}

/** The text that a person has their shell read. All in it is ours: names of commands and of options. */
export function completionScript(program: Command, shell: ShellName): string {
  const stops = stopsOf(program, '', program.options);
  return shell === 'fish' ? fish(stops) : `${shell === 'zsh' ? zshStart : ''}${bash(stops)}`;
}

function stopsOf(command: Command, path: string, shared: Command['options']): Stop[] {
  const own = command.commands;
  const names = own.flatMap((each) => [each.name(), ...each.aliases()]);
  const options = [...new Set([...command.options, ...shared].flatMap(({ long }) => long ?? []))];
  return [
    { path, words: own.length === 0 ? [] : [...names, 'help'], options: [...options, '--help'] },
    ...own.flatMap((each) =>
      [each.name(), ...each.aliases()].flatMap((name) => stopsOf(each, `${path}/${name}`, shared)),
    ),
  ];
}

/** zsh reads what was written for bash. */
const zshStart = 'autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n';

function bash(stops: readonly Stop[]): string {
  const paths = stops.map(({ path }) => path).filter((path) => path !== '');
  const offers = stops.map(
    ({ path, words, options }) => `    ${path === '' ? "''" : path}) offered='${[...words, ...options].join(' ')}' ;;`,
  );
  return `_coppice() {
  local at='' offered='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
      ${paths.join('|')}) at="$at/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at" in
${offers.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$offered" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o bashdefault -o default -F _coppice coppice`;
}

function fish(stops: readonly Stop[]): string {
  const paths = stops.map(({ path }) => path).filter((path) => path !== '');
  const offers = stops.flatMap(({ path, words, options }) => {
    const here = `complete -c coppice -n '__coppice_at "${path}"'`;
    return [`${here} -a '${words.join(' ')}'`, ...options.map((option) => `${here} -l ${option.slice(2)}`)];
  });
  return `function __coppice_at
  set -l at ''
  for word in (commandline -opc)[2..]
    switch "$at/$word"
      case ${paths.join(' ')}
        set at "$at/$word"
    end
  end
  test "$at" = "$argv[1]"
end
${offers.join('\n')}`;
}
