/** What a use of a tool is for the state of the files, from its name and input alone. */
import { pathFields } from '../../core/supervision/moments.ts';
import { isCheck } from './checks.ts';
import { has, parsed, type Invocation } from './invocation.ts';
import { whereIs, type Place } from './place.ts';
import { Scope } from './scope.ts';
import { Shell } from './shell.ts';
import { innerOf } from './wrappers.ts';

/**
 * `check`: the last that it does to the files is to check them, as a gate does. `change`: it changes files, or nobody can tell.
 * `neither`: it only looks.
 */
export type Doing = 'check' | 'change' | 'neither';

/** What the use of a tool is. `gates` are the project's own, word by word. A job in the background checks nothing: its end is not told. */
export function doingOf(
  name: string,
  input: Readonly<Record<string, unknown>>,
  place: Place,
  gates: readonly (readonly string[])[],
): Doing {
  const command = commandOf(input);
  if (command !== undefined) {
    const doing = ofCommand(command, place, gates);
    return doing === 'check' && (input['run_in_background'] === true || behind.test(command)) ? 'change' : doing;
  }
  if (reading.test(name) || noting.test(name)) return 'neither';
  return writing.test(name) || pathFields.some((each) => Object.hasOwn(input, each)) ? 'change' : 'neither';
}

/** The command that a use of a tool runs, if it runs one. */
export function commandOf(input: Readonly<Record<string, unknown>>): string | undefined {
  for (const field of ['command', 'cmd', 'script', 'commands', 'CommandLine']) {
    const value = Object.hasOwn(input, field) ? input[field] : undefined;
    if (typeof value === 'string') return value;
    if (Array.isArray(value))
      return value
        .filter((each) => typeof each === 'string')
        .map(quoted)
        .join(' ');
  }
  return undefined;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Ends with `&`. */
const behind = /(?<![&>])&\s*$/u;
const reading = /^(?:read|view|cat|open|glob|grep|search|list|ls|find|fetch|get|diff)/iu;
/** Notes of the agent to itself are no files of the project. */
const noting = /todo|plan|memory|think/iu;
const writing = /write|edit|patch|replace|create|insert|delete|remove|move|rename|change|update/iu;

function ofCommand(command: string, place: Place, gates: readonly (readonly string[])[]): Doing {
  let last: Doing = 'neither';
  const note = (doing: Doing): void => {
    if (doing !== 'neither') last = doing;
  };
  try {
    new Shell(
      {
        command: (invocation) => note(ofInvocation(invocation, place, gates)),
        obstacle: () => note('change'),
        blind: () => note('change'),
      },
      new Scope(place),
    ).run(command);
  } catch {
    return 'change';
  }
  return last;
}

function ofInvocation(invocation: Invocation, place: Place, gates: readonly (readonly string[])[]): Doing {
  const { name, word, args, writes, cwd } = invocation;
  const isGate = gates.some(([program, ...rest]) => program === word && rest.every((each, at) => each === args[at]));
  // Where its output goes is no matter of a check.
  if (isGate || isCheck([name, ...args])) return 'check';
  const written = name === 'tee' ? [...writes, ...parsed(args).operands] : writes;
  if (written.some((each) => !isElsewhere(each, cwd, place))) return 'change';
  return name === '' || isLooking(name, args) || innerOf(invocation, new Map()).length > 0 ? 'neither' : 'change';
}

/** A place that is none of the project's: temporary files, devices. */
function isElsewhere(path: string, cwd: string, place: Place): boolean {
  if (path.startsWith('/dev/')) return true;
  const where = whereIs(path, cwd, place);
  return where === 'scratch' || where === 'outside';
}

const looking = new Set([
  ...['cd', 'pushd', 'popd', 'ls', 'cat', 'head', 'tail', 'less', 'more', 'grep', 'egrep', 'fgrep', 'rg', 'ag', 'wc'],
  ...['sort', 'uniq', 'cut', 'tr', 'awk', 'echo', 'printf', 'true', 'false', 'test', '[', '[[', ':', 'pwd', 'printenv'],
  ...['export', 'set', 'unset', 'local', 'declare', 'read', 'return', 'exit', 'shift', 'date', 'which', 'type'],
  ...['command', 'whoami', 'id', 'uname', 'sleep', 'wait', 'jq', 'diff', 'cmp', 'comm', 'stat', 'file', 'du', 'df'],
  ...['tree', 'basename', 'dirname', 'realpath', 'readlink', 'xxd', 'od', 'md5sum', 'sha256sum', 'seq', 'expr', 'ps'],
  ...['nl', 'tac', 'column', 'tee', 'env', 'source', '.', 'ulimit', 'gh', 'kill', 'lsof', 'free', 'nproc'],
]);

const lookingGit =
  /^(?:status|diff|log|show|blame|rev-parse|rev-list|ls-files|ls-tree|grep|describe|cat-file|shortlog|add|commit|fetch|push|tag|branch|remote|config)$/u;

function isLooking(name: string, args: readonly string[]): boolean {
  const { options, operands, values } = parsed(args, ['-C', '-c']);
  switch (name) {
    case 'git':
      return lookingGit.test(operands[0] ?? '');
    case 'find':
    case 'fd':
      return !args.includes('-delete');
    case 'sed':
    case 'yq':
      return !args.some((each) => /^(?:-[a-z]*i|--in-?place)/u.test(each));
    default:
      return looking.has(name) || (operands.length === 0 && has({ options, values, operands }, '--version', '--help'));
  }
}
