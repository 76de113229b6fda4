/** What the shell's own commands change for those that follow them. */
import { parsed, type Invocation } from './invocation.ts';
import { absolute } from './place.ts';
import { printed } from './printed.ts';
import type { Scope } from './scope.ts';
import { unknown } from './text.ts';

type Builtin = (invocation: Invocation, scope: Scope) => void;

const declare: Builtin = ({ args }, scope) => {
  for (const each of args) {
    const [, name, value] = /^(\w+)=(.*)$/su.exec(each) ?? [];
    if (name !== undefined && value !== undefined) scope.variables.set(name, value);
  }
};

const change: Builtin = ({ args }, scope) => {
  const [target] = parsed(args).operands;
  const path = target === undefined ? scope.valueOf('HOME') : target === '-' ? unknown : target;
  scope.cwd = absolute(path, scope.cwd) ?? unknown;
};

const lines: Builtin = ({ args, stdin }, scope) => {
  const name = parsed(args, ['-d', '-n', '-O', '-s', '-u', '-C', '-c']).operands[0] ?? 'MAPFILE';
  scope.variables.set(name, stdin.text?.trim().split('\n').join(' ') ?? unknown);
};

const builtins: Readonly<Record<string, Builtin>> = {
  cd: change,
  pushd: change,
  chdir: change,
  popd: (_, scope) => {
    scope.cwd = unknown;
  },
  export: declare,
  declare,
  typeset: declare,
  local: declare,
  readonly: declare,
  alias: ({ args }, scope) => {
    for (const each of args) {
      const [, name, value] = /^([^=]+)=(.*)$/su.exec(each) ?? [];
      if (name !== undefined && value !== undefined) scope.aliases.set(name, value.trim());
    }
  },
  unalias: ({ args }, scope) => {
    for (const each of args) scope.aliases.delete(each);
  },
  read: ({ args, stdin }, scope) => {
    const names = parsed(args, ['-p', '-t', '-n', '-N', '-d', '-u', '-a', '-i']).operands;
    for (const name of names) scope.variables.set(name, stdin.text?.trim() ?? unknown);
  },
  printf: ({ args }, scope) => {
    if (args[0] === '-v' && args[1] !== undefined) scope.variables.set(args[1], printed(args.slice(2)));
  },
  mapfile: lines,
  readarray: lines,
  unset: ({ args }, scope) => {
    for (const each of args) scope.variables.set(each, '');
  },
  set: ({ args }, scope) => {
    const from = args.indexOf('--');
    if (from !== -1) scope.arguments = args.slice(from + 1);
  },
  shift: (_, scope) => {
    scope.arguments = scope.arguments.slice(1);
  },
};

/** Carries out what the command changes in the scope, if it is one of the shell's own. */
export function runBuiltin(invocation: Invocation, scope: Scope): void {
  if (Object.hasOwn(builtins, invocation.name)) builtins[invocation.name]?.(invocation, scope);
}

/** An assignment that stands among the arguments of a command, as the word that the command gets. */
export function assignmentWord([name, value]: readonly [string, string]): string {
  return `${name}=${value}`;
}
