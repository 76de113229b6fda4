/** Writing, moving and deleting single files outside the worktree, and git's own files in it. */
import type { Finding } from '../../../core/supervision/finding.ts';
import { has, parsed, valuesOf, type Invocation } from '../invocation.ts';
import { whereIs, type Place } from '../place.ts';
import { isUnknown } from '../text.ts';
import { finding, type Rule } from './rule.ts';

/** Writing where the session has no business. */
export const writing: Rule = (invocation, place) => {
  const targets = [...written(invocation), ...invocation.writes];
  return [...targets.flatMap((each) => judgedWrite(each, invocation.cwd, place)), ...linked(invocation, place)];
};

type Targets = (args: readonly string[]) => readonly string[];

const all: Targets = (args) => parsed(args).operands;
/** The operands after the first: `chmod 644 file`. */
const afterFirst: Targets = (args) => parsed(args, ['--reference', '--from']).operands.slice(1);

const last: Targets = (args) => {
  const options = parsed(args, ['-t', '--target-directory', '-S', '--suffix', '-m', '-o', '-g']);
  const given = valuesOf(options, '-t', '--target-directory');
  return given.length > 0 ? given : options.operands.length > 1 ? options.operands.slice(-1) : [];
};

/** Files that `perl -i` and its like write over. */
function editedInPlace(args: readonly string[]): readonly string[] {
  const options = parsed(args, ['-e', '-E', '-I', '-M', '-F']);
  const inPlace = args.some((each) => /^-[a-zA-Z]*i/u.test(each) && !/^-[IMFeE]/u.test(each));
  return inPlace ? options.operands.slice(options.values.length > 0 ? 0 : 1) : [];
}

const writers: Readonly<Record<string, Targets>> = {
  rm: (args) => {
    const options = parsed(args);
    return has(options, '-r', '-R', '--recursive') ? [] : options.operands;
  },
  unlink: all,
  rmdir: all,
  touch: (args) => parsed(args, ['-d', '-r', '-t', '--date', '--reference']).operands,
  mkdir: (args) => parsed(args, ['-m', '--mode']).operands,
  tee: all,
  sponge: all,
  shred: (args) => parsed(args, ['-n', '-s']).operands,
  truncate: (args) => parsed(args, ['-s', '-r', '--size', '--reference']).operands,
  chmod: afterFirst,
  chown: afterFirst,
  chgrp: afterFirst,
  cp: last,
  mv: (args) => parsed(args, ['-t', '--target-directory', '-S', '--suffix']).operands.concat(last(args)),
  install: last,
  ln: last,
  rsync: (args) =>
    parsed(args, ['-e', '--rsh', '--exclude', '--include', '--filter']).operands.slice(-1).filter(isLocal),
  scp: (args) => parsed(args, ['-P', '-i', '-o', '-F', '-J', '-l', '-c']).operands.slice(-1).filter(isLocal),
  dd: (args) => args.filter((each) => each.startsWith('of=')).map((each) => each.slice(3)),
  sed: (args) => {
    const options = parsed(args, ['-e', '-f', '--expression', '--file']);
    const inPlace = [...options.options].some((each) => /^(-i|--in-place)/u.test(each));
    const scripts = options.values.length > 0 ? 0 : 1;
    return inPlace ? options.operands.slice(scripts) : [];
  },
  tar: (args) => {
    const options = parsed(args, ['-C', '-f', '--directory', '--file']);
    const extracts = has(options, '-x', '--extract', '--get') || /^x/u.test(args[0] ?? '');
    return extracts ? valuesOf(options, '-C', '--directory') : [];
  },
  ed: (args) => parsed(args, ['-p']).operands.slice(0, 1),
  patch: (args) => {
    const options = parsed(args, ['-d', '-i', '-o', '-p', '-r', '--directory', '--input', '--output']);
    return [...options.operands.slice(0, 1), ...valuesOf(options, '-d', '-o', '--directory', '--output')];
  },
  cpio: (args) => valuesOf(parsed(args, ['-D', '-F', '-R', '--directory']), '-D', '--directory'),
  '7z': (args) => args.flatMap((each) => /^-o(.+)$/u.exec(each)?.[1] ?? []),
  'ssh-keygen': (args) =>
    args.some((each) => /^-[lyFBeH]/u.test(each)) ? [] : valuesOf(parsed(args, ['-f', '-t', '-b', '-C', '-N']), '-f'),
  docker: (args) => (args[0] === 'cp' ? parsed(args.slice(1)).operands.slice(-1).filter(isLocal) : []),
  perl: editedInPlace,
  ruby: editedInPlace,
  unzip: (args) => valuesOf(parsed(args, ['-d', '-x']), '-d'),
  curl: (args) =>
    valuesOf(parsed(args, ['-o', '--output', '--output-dir', '-H', '-d', '-X']), '-o', '--output', '--output-dir'),
  wget: (args) =>
    valuesOf(
      parsed(args, ['-O', '-P', '--output-document', '--directory-prefix']),
      '-O',
      '-P',
      '--output-document',
      '--directory-prefix',
    ).filter((each) => each !== '-'),
  mkfs: all,
  fdisk: all,
  wipefs: all,
};

function written({ name, args }: Invocation): readonly string[] {
  const program = name.startsWith('mkfs.') ? 'mkfs' : name;
  return Object.hasOwn(writers, program) ? (writers[program]?.(args) ?? []) : [];
}

/** Links are not followed, so that what leads out of the worktree is told when it is made. */
function linked({ name, args, cwd }: Invocation, place: Place): readonly Finding[] {
  const options = parsed(args, ['-t', '--target-directory', '-S', '--suffix']);
  if (name !== 'ln' || !has(options, '-s', '--symbolic')) return [];
  const targets = options.operands.slice(0, Math.max(1, options.operands.length - 1));
  // A relative target is about the place of the link, and mostly stays within a project.
  return targets
    .filter((each) => each.startsWith('/'))
    .flatMap((each) => {
      const where = whereIs(each, cwd, place);
      if (where === 'other') return [finding('other-worktree', 'warning', "It links to other people's work,", each)];
      return where === 'outside'
        ? [finding('outside-write', 'warning', 'It links to a place outside the worktree,', each)]
        : [];
    });
}

/** Not `host:path`. */
function isLocal(operand: string): boolean {
  return !/^[^/]+:/u.test(operand);
}

/** What writing to the path means for the session. */
export function judgedWrite(target: string, cwd: string, place: Place): readonly Finding[] {
  switch (whereIs(target, cwd, place)) {
    case 'inside':
    case 'root':
    case 'scratch':
      return [];
    case 'git':
      return [finding('shared-git', 'critical', "It changes git's own files,", target)];
    case 'other':
      return [finding('other-worktree', 'critical', "It writes to other people's work,", target)];
    case 'outside':
      return [
        finding(
          'outside-write',
          isUnknown(target) ? 'warning' : 'critical',
          'It writes outside the worktree, to',
          target,
        ),
      ];
    case 'unknown':
      return target.startsWith('/')
        ? [finding('outside-write', 'warning', 'It writes to a place that cannot be told,', target)]
        : [];
  }
}
