/** What git can do to work that is not the session's own: history, stash, remotes, shared configuration. */
import type { Finding } from '../../../core/supervision/finding.ts';
import { has, lineOf, parsed, valuesOf, type Invocation } from '../invocation.ts';
import { whereIs, type Place } from '../place.ts';
import { isOfPeople, ofBranches, targetOf } from './branches.ts';
import { finding, type Rule } from './rule.ts';

type Judge = (args: readonly string[], line: string, place: Place) => readonly Finding[];

/** What git does to work of others and to history. */
export const git: Rule = (invocation, place) => {
  if (invocation.name !== 'git') return [];
  const global = parsed(invocation.args, globalOptions, true);
  const [command = '', ...args] = global.operands;
  const line = lineOf(invocation);
  const judge = Object.hasOwn(judges, command) ? judges[command] : undefined;
  const judged = judge?.(args, line, place) ?? [];
  return [
    ...elsewhere(invocation, placesOf(invocation, valuesOf(global, '-C', '--work-tree', '--git-dir')), command, place),
    ...tricks(valuesOf(global, '-c', '--config-env'), line),
    ...judged,
    ...ofBranches(command, args, line, place),
  ];
};

const globalOptions = [
  '-c',
  '-C',
  '--git-dir',
  '--work-tree',
  '--namespace',
  '--exec-path',
  '--super-prefix',
  '--config-env',
];

const reading = new Set([
  'status',
  'log',
  'diff',
  'show',
  'rev-parse',
  'ls-files',
  'ls-tree',
  'cat-file',
  'blame',
  'describe',
  'shortlog',
  'grep',
  'branch',
  'remote',
  'rev-list',
  'merge-base',
  'fetch',
  'config',
  'help',
  'version',
  'for-each-ref',
  'reflog',
  'archive',
  'check-ignore',
  'name-rev',
  'show-ref',
  'tag',
]);

/** Where git works: what it is told, what variables say, and else where it is started. */
function placesOf({ environment }: Invocation, told: readonly string[]): readonly string[] {
  const variables = ['GIT_WORK_TREE', 'GIT_DIR'].flatMap((each) => environment.get(each) ?? []);
  return told.length + variables.length === 0 ? ['.'] : [...told, ...variables];
}

/** A changing command on a repository that is not the session's. */
function elsewhere({ cwd }: Invocation, places: readonly string[], command: string, place: Place): readonly Finding[] {
  if (command === '' || reading.has(command)) return [];
  return places.flatMap((each) =>
    ['other', 'outside'].includes(whereIs(each, cwd, place))
      ? [finding('other-worktree', 'critical', 'It changes another working copy,', each)]
      : [],
  );
}

const running =
  /^(core\.(hookspath|fsmonitor|sshcommand|editor|pager|askpass|gitproxy|worktree)|alias\.|credential\.|filter\.|diff\..*\.command|merge\..*\.driver|include|gpg\.|sequence\.editor|protocol\.|uploadpack\.|remote\..*\.(uploadpack|receivepack|vcs)|url\.|pager\.[^=]*=(?!(?:false|true|cat)?$)|tar\..*\.command|(diff|merge)tool\.|interactive\.difffilter|trailer\..*\.(command|cmd)|browser\.|man\.)/iu;

/** `-c core.hooksPath=…` and its like decide what git runs. */
function tricks(values: readonly string[], line: string): readonly Finding[] {
  return values.some((each) => running.test(each))
    ? [finding('shared-git', 'warning', 'It changes what git runs or trusts, with', line)]
    : [];
}

type ArgumentsJudge = (args: readonly string[], line: string) => readonly Finding[];

const rewrites =
  (severity: 'warning' | 'critical'): Judge =>
  (_, line) => [finding('history-rewrite', severity, 'It rewrites history, with', line)];

const autostashed: ArgumentsJudge = (args, line) =>
  args.includes('--autostash') ? [finding('stash', 'warning', 'All worktrees share one stash, and it uses', line)] : [];

const judges: Readonly<Record<string, Judge>> = {
  push,
  'send-pack': push,
  'fast-import': (args, line) => (args.includes('--force') ? rewrites('critical')(args, line, nowhere) : []),
  fetch: (args, line) => (args.some((each) => each.startsWith('+')) ? rewrites('warning')(args, line, nowhere) : []),
  pull: (args, line) =>
    args.some((each) => /^(-r|--rebase)/u.test(each))
      ? [...rewrites('warning')(args, line, nowhere), ...autostashed(args, line)]
      : [],
  stash: ([command], line) => {
    if (command !== undefined && ['list', 'show', 'create'].includes(command)) return [];
    const takes = command !== undefined && ['drop', 'clear', 'pop', 'branch'].includes(command);
    return [finding('stash', takes ? 'critical' : 'warning', 'All worktrees share one stash, and it uses', line)];
  },
  'filter-branch': rewrites('critical'),
  'filter-repo': rewrites('critical'),
  replace: rewrites('critical'),
  rebase: (args, line) =>
    args.some((each) => /^--(abort|quit|show-current-patch)$/u.test(each))
      ? []
      : [...rewrites('warning')(args, line, nowhere), ...autostashed(args, line)],
  commit: (args, line) =>
    args.some((each) => each.length > 3 && '--amend'.startsWith(each)) ? rewrites('warning')(args, line, nowhere) : [],
  reset: (args, line) => {
    const { operands } = parsed(args);
    const [target] = operands;
    const moves =
      target !== undefined && /^(HEAD[~^@]|origin\/|upstream\/|[0-9a-f]{7,40}$|ORIG_HEAD|@[~^{])/u.test(target);
    return moves ? rewrites('warning')(args, line, nowhere) : [];
  },
  reflog: ([command], line) =>
    command === 'expire' || command === 'delete'
      ? [finding('history-rewrite', 'critical', 'It throws away what could bring lost work back, with', line)]
      : [],
  gc: (args, line) =>
    args.some((each) => each.startsWith('--prune'))
      ? [finding('history-rewrite', 'critical', 'It throws away what could bring lost work back, with', line)]
      : [],
  prune: (_, line) => [
    finding('history-rewrite', 'critical', 'It throws away what could bring lost work back, with', line),
  ],
  'update-ref': (args, line) => [
    finding(
      'history-rewrite',
      has(parsed(args), '-d', '--stdin') ? 'critical' : 'warning',
      'It moves references by hand, with',
      line,
    ),
  ],
  'symbolic-ref': (args, line) =>
    parsed(args).operands.length > 1
      ? [finding('history-rewrite', 'warning', 'It moves references by hand, with', line)]
      : [],
  branch: (args, line) => {
    const options = parsed(args);
    const forced =
      has(options, '-D', '-M', '-f', '--force', '-C') || (has(options, '-d', '--delete') && has(options, '-f'));
    return forced ? [finding('history-rewrite', 'critical', 'It moves or deletes branches by force, with', line)] : [];
  },
  checkout: (args, line) =>
    has(parsed(args), '-B') ? [finding('history-rewrite', 'warning', 'It moves a branch by force, with', line)] : [],
  switch: (args, line) =>
    has(parsed(args), '-C', '--force-create')
      ? [finding('history-rewrite', 'warning', 'It moves a branch by force, with', line)]
      : [],
  tag: (args, line) =>
    has(parsed(args), '-d', '--delete', '-f', '--force')
      ? [finding('history-rewrite', 'warning', 'It moves or deletes tags, with', line)]
      : [],
  maintenance: ([command], line) =>
    command === 'start' || command === 'register'
      ? [finding('escape', 'critical', 'It sets up something that outlives the session, with', line)]
      : [],
  worktree: ([command, ...args], line) =>
    command !== undefined && ['list', 'add'].includes(command)
      ? has(parsed(args, ['-b', '--reason']), '-B')
        ? [finding('history-rewrite', 'warning', 'It moves a branch by force, with', line)]
        : []
      : [finding('other-worktree', 'critical', 'It changes worktrees of this repository, with', line)],
  config: (args, line) => {
    const options = parsed(args, ['--file', '-f', '--type']);
    const reads =
      has(options, '-l', '--list', '--get', '--get-all', '--get-regexp', '--get-urlmatch') ||
      ['list', 'get'].includes(options.operands[0] ?? '');
    const sets =
      options.operands.length > 1 ||
      has(options, '--unset', '--unset-all', '-e', '--edit', '--add', '--remove-section');
    return reads || !sets
      ? []
      : [finding('shared-git', 'warning', 'All worktrees share one configuration, and it changes it with', line)];
  },
  remote: (args, line) => {
    const [command] = parsed(args).operands;
    return command !== undefined && ['add', 'set-url', 'rename', 'remove', 'rm', 'prune'].includes(command)
      ? [finding('shared-git', 'warning', 'All worktrees share one list of remotes, and it changes it with', line)]
      : [];
  },
  credential: (_, line) => [finding('credential-read', 'critical', 'It asks for stored credentials, with', line)],
};

const nowhere: Place = { worktree: '/', home: '/', others: [], scratch: [], hosts: [], protectedBranches: [] };

function push(args: readonly string[], line: string, { protectedBranches }: Place): readonly Finding[] {
  const options = parsed(args, ['-o', '--push-option', '--repo', '--receive-pack', '--exec']);
  const refs = options.operands.slice(1);
  const forced =
    has(options, '-f', '--force', '--mirror', '--force-with-lease', '--prune') ||
    refs.some((each) => each.startsWith('+')) ||
    [...options.options].some((each) => each.length > 3 && '--force'.startsWith(each));
  const deletes = has(options, '-d', '--delete') || refs.some((each) => each.startsWith(':'));
  const targets = refs.map(targetOf);
  const hits = targets.filter((each) => isOfPeople(each, protectedBranches));
  return [
    ...(forced ? [finding('force-push', 'critical', 'It overwrites what others see, with', line)] : []),
    ...(deletes ? [finding('force-push', 'critical', 'It deletes a branch that others see, with', line)] : []),
    ...(hits.length > 0 || has(options, '--all')
      ? [finding('default-branch', 'critical', 'It writes to the default branch, with', line)]
      : []),
  ];
}
