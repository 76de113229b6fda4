/** Programs that are no shells and still run what they are told to: editors, pagers, archivers, build tools, and variables that name a program. */
import { parsed, valuesOf, type Invocation } from './invocation.ts';
import { absolute } from './place.ts';
import type { Flow } from './text.ts';

type Launcher = (invocation: Invocation, files: ReadonlyMap<string, Flow>) => readonly string[];

/** After `!`, in what editors and pagers are told to do first. */
const editor: Launcher = ({ args }) => args.flatMap((each) => /^(?:[-+]\w*)?:?!(.+)$/su.exec(each)?.[1] ?? []);

const launchers: Readonly<Record<string, Launcher>> = {
  ...Object.fromEntries(['vi', 'vim', 'nvim', 'view', 'ex', 'less', 'more', 'ed'].map((each) => [each, editor])),
  gdb: ({ args }) => args.flatMap((each) => /^(?:shell|!)\s*(.+)$/su.exec(each)?.[1] ?? []),
  tar: ({ args }) => [
    ...args.flatMap(
      (each) =>
        /^--(?:checkpoint-action=exec|to-command|use-compress-program|rsh-command|new-volume-script|info-script)=(.+)$/su.exec(
          each,
        )?.[1] ?? [],
    ),
    ...valuesOf(
      parsed(args, ['-I', '-f', '-C', '--use-compress-program', '--to-command']),
      '-I',
      '--use-compress-program',
      '--to-command',
    ),
  ],
  rsync: ({ args }) => valuesOf(parsed(args, ['-e', '--rsh', '--rsync-path']), '-e', '--rsh', '--rsync-path'),
  // The command `e` of GNU sed, behind an address or at the beginning.
  sed: ({ args }) => args.flatMap((each) => /(?:^|[;{}\n]|^[\d$,/\w]*[\d$/])\s*e\s+(\S.*)$/su.exec(each)?.[1] ?? []),
  ssh: ({ args }) => {
    const { operands, values } = parsed(args, sshValued, true);
    const proxy = values.flatMap(({ value }) => /^(?:ProxyCommand|LocalCommand)[= ](.+)$/isu.exec(value)?.[1] ?? []);
    return [...proxy, ...(operands.length > 1 ? [operands.slice(1).join(' ')] : [])];
  },
  make: (invocation, files) => recipes(invocation, files),
  gmake: (invocation, files) => recipes(invocation, files),
  hyperfine: ({ args }) => parsed(args, ['-w', '-r', '-m', '-M', '-n', '-L', '--warmup', '--runs']).operands,
  concurrently: ({ args }) => parsed(args, ['-n', '-c', '--names']).operands,
  nodemon: ({ args }) => valuesOf(parsed(args, ['-x', '--exec', '-w', '-e']), '-x', '--exec'),
  git: ({ args }) => configured(valuesOf(parsed(args, ['-c', '-C', '--git-dir', '--work-tree'], true), '-c')),
};

const sshValued = ['-i', '-p', '-o', '-l', '-F', '-J', '-L', '-R', '-D', '-c', '-E', '-b', '-m', '-S', '-W'];

/** Lines of a makefile that the script itself wrote. */
function recipes({ args, cwd }: Invocation, files: ReadonlyMap<string, Flow>): readonly string[] {
  const given = valuesOf(parsed(args, ['-f', '-C', '-j', '--file', '--makefile']), '-f', '--file', '--makefile');
  const texts = (given.length > 0 ? given : ['Makefile', 'makefile', 'GNUmakefile']).map(
    (each) => files.get(absolute(each, cwd) ?? '')?.text ?? '',
  );
  const lines = texts.flatMap((each) => [...each.matchAll(/^\t[@+-]*(.+)$/gmu)].map(([, line = '']) => line));
  return [
    ...lines.map((each) => each.replaceAll('$$', '$')),
    ...args.flatMap((each) => /^SHELL=(.+)$/su.exec(each)?.[1] ?? []),
  ];
}

/** Settings of git that are commands. */
const commandSetting =
  /^(?:core\.(?:pager|editor|sshcommand|fsmonitor|askpass)|sequence\.editor|diff\.external|pager\.\w+|gpg\.program|credential\.helper|(?:diff|merge|filter)\..*\.(?:command|textconv|driver|clean|smudge|process))=(.+)$/isu;

function configured(settings: readonly string[]): readonly string[] {
  return settings.flatMap((each) => commandSetting.exec(each)?.[1]?.replace(/^!/u, '') ?? []);
}

/** Variables whose value some program runs. */
const naming =
  /^(?:(?:GIT_)?(?:SEQUENCE_)?EDITOR|VISUAL|FCEDIT|(?:GIT_|MAN|AWS_)?PAGER|GIT_(?:SSH_COMMAND|EXTERNAL_DIFF|ASKPASS|PROXY_COMMAND)|SUDO_ASKPASS|SSH_ASKPASS|BROWSER|LESSOPEN|LESSCLOSE|PROMPT_COMMAND|RSYNC_RSH|CVS_RSH)$/u;

/** The texts that the command, or a variable that is set for it, has run by a shell. */
export function launched(invocation: Invocation, files: ReadonlyMap<string, Flow>): readonly string[] {
  const { name, environment } = invocation;
  const variables = [...environment].flatMap(([key, value]) => (naming.test(key) ? [value.replace(/^\|/u, '')] : []));
  const own = Object.hasOwn(launchers, name) ? (launchers[name]?.(invocation, files) ?? []) : [];
  return [...variables, ...own].filter((each) => each !== '');
}
