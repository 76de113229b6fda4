/** Deleting with everything below: `rm -r`, `find -delete`, `rsync --delete`, `shred`. */
import type { Finding } from '../../../core/supervision/finding.ts';
import { has, parsed, valuesOf, type Invocation } from '../invocation.ts';
import { whereIs, type Place } from '../place.ts';
import { unknown } from '../text.ts';
import { finding, type Rule } from './rule.ts';

/** Deleting directories with everything in them. */
export const removal: Rule = (invocation, place) => {
  const targets = removed(invocation);
  return targets.flatMap((each) => judged(each, invocation.cwd, place));
};

type Targets = (args: readonly string[]) => readonly string[];

/** What is deleted with everything below it, by program. */
const removers: Readonly<Record<string, Targets>> = {
  rm: (args) => {
    const options = parsed(args);
    return has(options, '-r', '-R', '--recursive') ? options.operands : [];
  },
  rimraf: (args) => parsed(args).operands,
  trash: (args) => parsed(args).operands,
  del: (args) => parsed(args).operands,
  'del-cli': (args) => parsed(args).operands,
  find: (args) => {
    const begin = args.findIndex((each) => /^[-(!]/u.test(each));
    const starts = args.slice(0, begin === -1 ? args.length : begin);
    if (!args.includes('-delete')) return [];
    // What a search leaves of a directory cannot be told: the directory itself is not what it is about.
    return (starts.length === 0 ? ['.'] : starts).map((each) => `${each}/${unknown}`);
  },
  rsync: (args) => {
    const options = parsed(args, ['-e', '--rsh', '--exclude', '--include', '--filter']);
    const deletes = [...options.options].some((each) => each.startsWith('--del'));
    return deletes ? options.operands.slice(-1) : [];
  },
  git: (args) => {
    const global = parsed(args, ['-C', '-c', '--git-dir', '--work-tree'], true);
    const [command, ...rest] = global.operands;
    if (command !== 'clean' || !has(parsed(rest, ['-e', '--exclude']), '-f', '--force')) return [];
    return valuesOf(global, '-C', '--work-tree');
  },
};

function removed({ name, args }: Invocation): readonly string[] {
  return Object.hasOwn(removers, name) ? (removers[name]?.(args) ?? []) : [];
}

function judged(target: string, cwd: string, place: Place): readonly Finding[] {
  switch (whereIs(target, cwd, place)) {
    case 'inside':
      return [];
    case 'root':
      return [finding('recursive-delete', 'warning', 'It deletes the whole worktree, as', target)];
    case 'git':
      return [finding('recursive-delete', 'critical', "It deletes git's own files, in", target)];
    case 'scratch':
      return [finding('recursive-delete', 'warning', 'It deletes everything below', target, ', outside the worktree')];
    case 'other':
      return [finding('other-worktree', 'critical', "It deletes other people's work, below", target)];
    case 'outside':
      return [finding('recursive-delete', 'critical', 'It deletes everything below', target, ', outside the worktree')];
    case 'unknown':
      return [
        finding('recursive-delete', 'warning', 'It deletes everything below a place that cannot be told,', target),
      ];
  }
}
