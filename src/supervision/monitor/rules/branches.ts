/** Ways of git to a branch of people that are no push: it is fetched into, renamed, made again, or checked out a second time. */
import type { Finding } from '../../../core/supervision/finding.ts';
import { has, parsed, valuesOf } from '../invocation.ts';
import type { Place } from '../place.ts';
import { finding } from './rule.ts';

/** What a command of git does to branches that belong to people. `line`: the whole of it. */
export function ofBranches(
  command: string,
  args: readonly string[],
  line: string,
  { protectedBranches }: Place,
): readonly Finding[] {
  const touched = Object.hasOwn(touching, command) ? (touching[command]?.(args) ?? []) : [];
  return touched.some((each) => isOfPeople(each, protectedBranches))
    ? [finding('default-branch', 'critical', 'It writes to the default branch, with', line)]
    : [];
}

/** Whether a target is a branch that belongs to people, or a pattern of which one may be. */
export function isOfPeople(target: string, protectedBranches: readonly string[]): boolean {
  return protectedBranches.includes(target) || (target.includes('*') && !target.startsWith('refs/'));
}

/** What a refspec writes to: a branch by its name, anything else by its whole name. */
export function targetOf(refspec: string): string {
  return refspec
    .replace(/^\+/u, '')
    .replace(/^.*:/u, '')
    .replace(/^refs\/heads\//u, '');
}

type Touched = (args: readonly string[]) => readonly string[];

/** Of what is fetched only that which gets a name here: to refs of remotes it belongs. */
const fetched: Touched = (args) =>
  parsed(args, ['-o', '--server-option', '--upload-pack', '--depth', '--refmap', '-j', '-s', '-X'])
    .operands.slice(1)
    .filter((each) => /:./u.test(each))
    .map(targetOf)
    .filter((each) => !each.startsWith('refs/'));

/** Git lets nobody have a branch that another checkout has, unless it is told to. */
const takenOver: Touched = (args) => {
  const { operands, options, values } = parsed(args, ['-B', '-C', '--force-create']);
  const anyway = [...options].some((each) => each.length > 8 && '--ignore-other-worktrees'.startsWith(each));
  return anyway ? [...operands, ...values.map(({ value }) => value)] : [];
};

/** A worktree gets a branch that another checkout has by force; where none is named, that which is called as its folder is. */
const added: Touched = (args) => {
  const options = parsed(args, ['-b', '-B', '--reason']);
  const [path = '', branch = path.replace(/^.*\/(?=[^/])|\/+$/gu, '')] = options.operands;
  const forced = has(options, '-f', '--force') && !has(options, '-b', '-B', '-d', '--detach');
  return [...valuesOf(options, '-B'), ...(forced ? [branch] : [])];
};

const touching: Readonly<Record<string, Touched>> = {
  fetch: fetched,
  pull: fetched,
  checkout: takenOver,
  switch: takenOver,
  branch: (args) => {
    const options = parsed(args, ['-u', '--set-upstream-to', '--sort', '--format', '--contains', '--points-at']);
    return has(options, '-m', '-M', '--move') ? options.operands : [];
  },
  worktree: ([verb, ...args]) => (verb === 'add' ? added(args) : []),
};
