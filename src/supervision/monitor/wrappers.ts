/** Commands that run other commands. */
import { has, parsed, programOf, valuesOf, type Invocation } from './invocation.ts';
import { absolute } from './place.ts';
import { textOf, unknown, type Flow } from './text.ts';

/** A command inside another: as words, or as the text of a script (absent: nobody can tell which). */
export type Inner =
  | { readonly argv: readonly string[]; readonly stdin?: Flow }
  | {
      readonly text: string | undefined;
      /** What the text changes holds for the commands that follow. */
      readonly shares?: boolean;
      readonly args?: readonly string[];
      /** Where a text that cannot be told is from. */
      readonly flow?: Flow;
    };

type Files = ReadonlyMap<string, Flow>;
type Unwrap = (invocation: Invocation, files: Files) => readonly Inner[];

/** Options that take the next word, of programs whose first operand is a command. */
const prefixes: Readonly<Record<string, readonly string[]>> = {
  sudo: ['-u', '-g', '-h', '-p', '-C', '-r', '-t', '-T', '-U', '-D', '-R', '--user', '--group', '--chdir'],
  doas: ['-u', '-C'],
  env: ['-u', '-C', '-S', '--unset', '--chdir', '--split-string'],
  nice: ['-n', '--adjustment'],
  ionice: ['-c', '-n', '-p'],
  stdbuf: ['-i', '-o', '-e'],
  exec: ['-a'],
  strace: ['-o', '-e', '-p', '-s', '-u', '-E'],
  ltrace: ['-o', '-e', '-p', '-s', '-u'],
  unshare: ['-S', '-G', '-R', '-w'],
  nsenter: ['-t', '-S', '-G', '--target'],
  'systemd-run': [
    '-p',
    '-u',
    '-t',
    '-M',
    '-H',
    '--unit',
    '--property',
    '--on-active',
    '--on-calendar',
    '-E',
    '--setenv',
    '--slice',
  ],
  'systemd-inhibit': [],
  entr: [],
  numactl: [],
  valgrind: [],
  bwrap: ['--bind', '--ro-bind', '--dev', '--proc', '--tmpfs', '--chdir', '--setenv'],
  ...Object.fromEntries(
    [
      'nohup',
      'setsid',
      'command',
      'builtin',
      'time',
      'busybox',
      'toybox',
      'caffeinate',
      'unbuffer',
      'proot',
      'chronic',
      'ts',
      'errno',
      'xvfb-run',
      'dbus-run-session',
      'daemonize',
      'start-stop-daemon',
      'shx',
    ].map((each) => [each, []]),
  ),
  ...Object.fromEntries(['npx', 'bunx', 'pnpx', 'fakeroot', 'faketime', 'doppler', 'dotenv'].map((each) => [each, []])),
};

/** Likewise, with an operand of their own before the command. */
const withOperand: Readonly<Record<string, readonly string[]>> = {
  timeout: ['-s', '-k', '--signal', '--kill-after'],
  chroot: ['--userspec', '--groups'],
  flock: ['-w', '-E', '--timeout'],
  taskset: [],
  chrt: [],
  firejail: [],
};

const shells = ['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'mksh', 'fish', 'rbash'];

const others: Readonly<Record<string, Unwrap>> = {
  xargs: (invocation) => xargs(invocation),
  parallel: ({ args, stdin }) => {
    const { operands } = parsed(args, ['-j', '--jobs', '-a'], true);
    const end = operands.indexOf(':::');
    const command = end === -1 ? operands : operands.slice(0, end);
    const items = end === -1 ? itemsOf(stdin) : operands.slice(end + 1);
    return items.map((each) => ({ text: filled(command, '{}', each).join(' ') }));
  },
  find: ({ args }) => findings(args),
  fd: ({ args }) => afterOption(args, ['-x', '-X', '--exec', '--exec-batch']),
  watch: ({ args }) => script(parsed(args, ['-n', '--interval'], true).operands.join(' ')),
  eval: ({ args }) => [{ text: args.join(' '), shares: true }],
  trap: ({ args }) => script(parsed(args).operands[0] ?? ''),
  source: (invocation, files) => sourced(invocation, files),
  '.': (invocation, files) => sourced(invocation, files),
  su: ({ args, stdin }) => commandOption(args, stdin),
  runuser: ({ args, stdin }) => commandOption(args, stdin),
  script: ({ args }) => valuesOf(parsed(args, ['-c', '--command']), '-c', '--command').flatMap(script),
  at: ({ stdin }) => [{ text: stdin.text, flow: stdin }],
  batch: ({ stdin }) => [{ text: stdin.text, flow: stdin }],
  tmux: ({ args }) =>
    args.some((each) => /^(new|send|run|split|respawn|if|pipe)/u.test(each)) ? args.flatMap(script) : [],
  git: ({ args }) => ofGit(args),
  yarn: ({ args }) => ofPackageManager(args),
  pnpm: ({ args }) => ofPackageManager(args),
  npm: ({ args }) => ofPackageManager(args),
  deno: ({ args }) => fetched(args),
  bun: ({ args }) => [...fetched(args), ...ofPackageManager(args)],
  ...Object.fromEntries(
    shells.map((each) => [each, (invocation: Invocation, files: Files) => shell(invocation, files)]),
  ),
};

/** The commands that the command runs. `files`: those that the script itself wrote. */
export function innerOf(invocation: Invocation, files: Files): readonly Inner[] {
  const { name, args, stdin } = invocation;
  if (Object.hasOwn(prefixes, name)) return afterPrefix(name, args, stdin);
  if (Object.hasOwn(withOperand, name)) {
    const argv = parsed(args, withOperand[name], true).operands.slice(1);
    if (argv[0] === '-c') return script(argv[1] ?? '');
    return argv.length === 0 ? [] : [{ argv }];
  }
  if (Object.hasOwn(others, name)) return others[name]?.(invocation, files) ?? [];
  if (interpreters.test(name)) return interpreted(invocation, files);
  const written = files.get(absolute(invocation.word, invocation.cwd) ?? '');
  if (written?.text !== undefined) return [{ text: written.text, args }];
  return written?.from === undefined ? [] : [{ text: undefined, flow: written }];
}

const interpreters = /^(python[\d.]*|node|ruby|perl|php|lua|[gmn]?awk|Rscript|osascript)$/u;

/** A program of another language that comes in by a pipe, or in a file whose origin says that nobody can have read it. */
function interpreted({ args, stdin, cwd }: Invocation, files: Files): Inner[] {
  const { operands, values } = parsed(args, ['-f', '-c', '-e', '-r', '-m', '-W', '-X', '--import', '--require'], true);
  const named = [...operands.slice(0, 1), ...valuesOf({ operands, values, options: new Set() }, '-f')];
  for (const each of named) {
    const flow = files.get(absolute(each, cwd) ?? '');
    if (flow?.from !== undefined && flow.text === undefined) return [{ text: undefined, flow }];
  }
  const fed =
    args.every((each) => each.startsWith('-')) && !args.some((each) => /^-(c|e|p|r|-eval|-version|V)/u.test(each));
  return fed && stdin.from !== undefined && stdin.text === undefined ? [{ text: undefined, flow: stdin }] : [];
}

function script(text: string): Inner[] {
  return text === '' || text === '-' ? [] : [{ text }];
}

function afterPrefix(name: string, args: readonly string[], stdin: Flow): Inner[] {
  const options = parsed(args, prefixes[name], true);
  if (name === 'command' && has(options, '-v', '-V')) return [];
  const split = valuesOf(options, '-S', '--split-string').flatMap(script);
  const words = options.operands;
  const begin = words.findIndex((each) => !/^\w+=/u.test(each));
  const argv = begin === -1 ? [] : words.slice(begin);
  if (argv.length > 0) return [...split, { argv }];
  const asks = name === 'sudo' && has(options, '-s', '-i');
  return asks && stdin.text !== undefined ? [{ text: stdin.text }] : split;
}

function itemsOf(stdin: Flow): readonly string[] {
  const words = textOf(stdin)
    .split(/[\s\0]+/u)
    .filter((each) => each !== '');
  return words.slice(0, 64);
}

function filled(command: readonly string[], mark: string, item: string): string[] {
  if (!command.some((each) => each.includes(mark))) return [...command, item];
  return command.map((each) => each.replaceAll(mark, item));
}

function xargs({ args, stdin }: Invocation): Inner[] {
  const valued = [
    '-I',
    '-i',
    '-n',
    '-P',
    '-L',
    '-s',
    '-d',
    '-E',
    '-a',
    '--max-args',
    '--max-procs',
    '--replace',
    '--delimiter',
  ];
  const options = parsed(args, valued, true);
  if (options.operands.length === 0) return [];
  const [mark] = valuesOf(options, '-I', '--replace');
  const items = itemsOf(stdin);
  if (mark === undefined) return [{ argv: [...options.operands, ...items] }];
  return items.map((each) => ({ argv: filled(options.operands, mark, each) }));
}

function findings(args: readonly string[]): Inner[] {
  const begin = args.findIndex((each) => /^[-(!]/u.test(each));
  const start = args.slice(0, begin === -1 ? args.length : begin)[0] ?? '.';
  return afterOption(args, ['-exec', '-execdir', '-ok', '-okdir']).map((inner) =>
    'argv' in inner ? { argv: inner.argv.map((each) => each.replaceAll('{}', `${start}/${unknown}`)) } : inner,
  );
}

function afterOption(args: readonly string[], options: readonly string[]): Inner[] {
  return args.flatMap((each, at) => {
    if (!options.includes(each)) return [];
    const rest = args.slice(at + 1);
    const end = rest.findIndex((word) => word === ';' || word === '+');
    const argv = end === -1 ? rest : rest.slice(0, end);
    return argv.length === 0 ? [] : [{ argv }];
  });
}

function sourced({ args, cwd }: Invocation, files: Files): Inner[] {
  const flow = files.get(absolute(args[0] ?? '', cwd) ?? '');
  return flow === undefined ? [] : [{ text: flow.text, shares: true, flow }];
}

function commandOption(args: readonly string[], stdin: Flow): Inner[] {
  const given = valuesOf(parsed(args, ['-c', '-s', '-g', '--command']), '-c', '--command');
  if (given.length > 0) return given.flatMap(script);
  return stdin.text === undefined ? [] : [{ text: stdin.text }];
}

function shell({ args, cwd, stdin, reads }: Invocation, files: Files): Inner[] {
  const { options, operands } = parsed(
    args,
    ['-o', '+o', '-O', '--rcfile', '--init-file', '-C', '--init-command'],
    true,
  );
  if (options.has('-c')) {
    const [text = '', , ...rest] = operands;
    return [{ text, args: rest }];
  }
  const [file] = operands;
  if (file !== undefined && !options.has('-s') && file !== '-') {
    const flow = files.get(absolute(file, cwd) ?? '');
    return flow === undefined ? [] : [{ text: flow.text, args: operands.slice(1), flow }];
  }
  if (stdin.text !== undefined) return [{ text: stdin.text, args: operands }];
  // A file of the worktree that is fed to a shell is as good as one that is named.
  return stdin.from !== undefined || reads.length === 0 ? blindly(stdin) : [];
}

/** A program that is run from its address. */
function fetched(args: readonly string[]): Inner[] {
  const { operands } = parsed(args, [], true);
  const from = operands[0] === 'run' || operands[0] === 'x' || operands[0] === 'install' ? args : operands.slice(0, 1);
  return from.some((each) => /^https?:\/\//u.test(each)) ? [{ text: undefined, flow: { from: 'network' } }] : [];
}

/** A shell without anything to run only asks for its version, or waits. */
function blindly(stdin: Flow): Inner[] {
  return stdin.from === undefined ? [] : [{ text: undefined, flow: stdin }];
}

function ofGit(args: readonly string[]): Inner[] {
  const { values, operands } = parsed(args, ['-c', '-C', '--git-dir', '--work-tree', '--exec-path'], true);
  const [command, ...rest] = operands;
  const aliases = values
    .filter(({ option }) => option === '-c')
    .map(({ value }) => /^alias\.([^=]+)=(.*)$/su.exec(value))
    .filter((match) => match?.[1] === command)
    .map((match) => match?.[2] ?? '');
  const aliased = aliases.map((each): Inner =>
    each.startsWith('!')
      ? { text: [each.slice(1), ...rest].join(' ') }
      : { argv: ['git', ...each.split(/\s+/u), ...rest] },
  );
  if (command === 'submodule' && rest[0] === 'foreach')
    return [...aliased, ...script(parsed(rest.slice(1)).operands.join(' '))];
  if (command === 'bisect' && rest[0] === 'run') return [...aliased, { argv: rest.slice(1) }];
  if (command === 'config') return aliasSet(rest);
  if (command !== 'rebase') return aliased;
  return [...aliased, ...valuesOf(parsed(rest, ['-x', '--exec']), '-x', '--exec').flatMap(script)];
}

/** What an alias that is set would run. */
function aliasSet(args: readonly string[]): Inner[] {
  const at = args.findIndex((each) => each.startsWith('alias.'));
  const value = at === -1 ? undefined : args[at + 1];
  if (value === undefined) return [];
  return script(value.startsWith('!') ? value.slice(1) : `git ${value}`);
}

function ofPackageManager(args: readonly string[]): Inner[] {
  const at = args.findIndex((each) => each === 'exec' || each === 'dlx' || each === 'x');
  if (at === -1) return [];
  const { operands } = parsed(args.slice(at + 1), ['-p', '--package'], true);
  return operands.length === 0 ? [] : [{ argv: operands }];
}

/** Whether the program is a shell. */
export function isShell(name: string): boolean {
  return shells.includes(programOf(name));
}
