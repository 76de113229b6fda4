import type { CompoundCommand, CompoundList, Redirected } from 'unbash';
import type { Place } from './place.ts';
import { isTelling, secret, unknown, type Flow } from './text.ts';

/** The body of a shell function. */
export type Body = CompoundCommand | Redirected | CompoundList;

/** What a shell knows at one place of a script. A subshell gets a copy, so that what it changes ends with it. */
export class Scope {
  cwd: string;
  readonly variables: Map<string, string>;
  readonly aliases: Map<string, string>;
  readonly functions: Map<string, Body>;
  /** Files that the script itself wrote, by absolute path. */
  readonly files: Map<string, Flow>;
  arguments: readonly string[];

  constructor(from: Place | Scope) {
    if (from instanceof Scope) {
      this.cwd = from.cwd;
      this.variables = new Map(from.variables);
      this.aliases = new Map(from.aliases);
      this.functions = new Map(from.functions);
      // A file outlives the subshell that wrote it.
      this.files = from.files;
      this.arguments = from.arguments;
      return;
    }
    this.cwd = from.worktree;
    this.variables = new Map([
      ['HOME', from.home],
      ['TMPDIR', '/tmp'],
      ['IFS', ' \t\n'],
    ]);
    this.aliases = new Map();
    this.functions = new Map();
    this.files = new Map();
    this.arguments = [];
  }

  /** The value of a parameter, with the unknown piece when it cannot be told. */
  valueOf(name: string): string {
    if (/^\d+$/u.test(name)) return name === '0' ? 'sh' : (this.arguments[Number(name) - 1] ?? '');
    if (name === '@' || name === '*') return this.arguments.join(' ');
    if (name === 'PWD') return this.cwd;
    return this.variables.get(name) ?? (isTelling(name) ? secret : unknown);
  }
}
