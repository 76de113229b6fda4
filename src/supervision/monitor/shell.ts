/** Walks through a shell script as a shell would, and shows every command that it would run. */
import {
  forEachChild,
  parse,
  type Command,
  type CommandArgument,
  type For,
  type ParsedScript,
  type Redirection,
  type Script,
  type Select,
  type Statement,
  type SyntaxNode,
} from 'unbash';
import { assignmentWord, runBuiltin } from './builtins.ts';
import { inlineScripts } from './inline.ts';
import { programOf, type Invocation } from './invocation.ts';
import { launched } from './launchers.ts';
import { filesOf, joined, outputOf } from './output.ts';
import { absolute } from './place.ts';
import { Scope, type Body } from './scope.ts';
import { hiddenIn, isUnknown, nothing, unknown, type Flow } from './text.ts';
import { innerOf } from './wrappers.ts';
import { assigned, fieldsOf, textOfParts, valueOf, type Substitution } from './word.ts';

/** Bounds of one look: more than any sensible command has, little enough for every event of a stream. */
export const bounds = { characters: 128 * 1024, depth: 100, steps: 5000, rounds: 16 } as const;

/** Why a script could not be looked through to its end. */
export type Obstacle = 'too-deep' | 'too-many' | 'malformed' | 'too-long';

/** Is shown what a script would do. */
export interface Visitor {
  command(invocation: Invocation): void;
  /** A piece of the script is hidden from view; `what` is the piece. */
  obstacle(why: Obstacle, what: string): void;
  /** A shell is given text to run that cannot be told. */
  blind(invocation: Invocation, flow: Flow): void;
}

/** Follows the commands of scripts. One of its kind looks at one operation. */
export class Shell implements Substitution {
  readonly #visitor: Visitor;
  readonly #called = new Set<Body>();
  #scope: Scope;
  #depth = 0;
  #steps = 0;

  constructor(visitor: Visitor, scope: Scope) {
    this.#visitor = visitor;
    this.#scope = scope;
  }

  /** Looks through the text of a script and says what it would print. */
  run(text: string, scope = this.#scope, stdin: Flow = nothing): Flow {
    if (text.length > bounds.characters) this.#visitor.obstacle('too-long', text);
    if (this.#isTooMuch(text)) return nothing;
    const script = parse(text.slice(0, bounds.characters));
    const flow = this.#in(scope, () => this.#script(script, stdin));
    // What shares its scope with others is looked at when they are through.
    if (this.#depth === 0) this.#uncalled(scope);
    return flow;
  }

  output(script: ParsedScript): Flow {
    return this.#in(new Scope(this.#scope), () => this.#script(script, nothing));
  }

  file(script: ParsedScript): string {
    const name = `/dev/fd/${63 + this.#scope.files.size}`;
    this.#scope.files.set(name, this.output(script));
    return name;
  }

  inside(node: SyntaxNode): void {
    forEachChild(node, (child) => {
      if (child.type === 'Script') this.output(child);
      else this.inside(child);
    });
  }

  /** One command, given word by word. */
  invoke(invocation: Invocation): Flow {
    if (this.#isTooMuch(invocation.name)) return nothing;
    this.#visitor.command(invocation);
    const scope = this.#scope;
    runBuiltin(invocation, scope);
    for (const [path, flow] of filesOf(invocation, scope.files)) this.#keep([path], flow);
    const texts = [...inlineScripts(invocation, scope.files), ...launched(invocation, scope.files)];
    for (const text of texts) this.run(text, new Scope(scope));
    const inner = innerOf(invocation, scope.files);
    const flows = inner.map((each) => {
      if ('argv' in each) return this.#nested(() => this.#words(each.argv, invocation, each.stdin));
      const hidden = each.text === undefined ? (each.flow ?? nothing) : hiddenIn(each.text);
      if (hidden !== undefined) this.#visitor.blind(invocation, hidden);
      if (each.text === undefined) return nothing;
      const { text, shares, args } = each;
      const within = shares === true ? scope : new Scope(scope);
      if (args !== undefined) within.arguments = args;
      return this.#nested(() => this.run(text, within, invocation.stdin));
    });
    return flows.length === 0 ? outputOf(invocation, scope.files) : joined(flows);
  }

  #isTooMuch(what: string): boolean {
    this.#steps += 1;
    const deep = this.#depth > bounds.depth;
    if (deep || this.#steps > bounds.steps) this.#visitor.obstacle(deep ? 'too-deep' : 'too-many', what);
    return deep || this.#steps > bounds.steps;
  }

  #in<T>(scope: Scope, work: () => T): T {
    const before = this.#scope;
    this.#scope = scope;
    try {
      return this.#nested(() => {
        const made = work();
        if (scope !== before) this.#uncalled(scope, before);
        return made;
      });
    } finally {
      this.#scope = before;
    }
  }

  #nested<T>(work: () => T): T {
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
    }
  }

  /** A function of this scope, and of none around it, that nothing calls by its name may still be called. */
  #uncalled(scope: Scope, around?: Scope): void {
    for (const [name, body] of scope.functions) {
      if (this.#called.has(body) || around?.functions.get(name) === body) continue;
      this.#called.add(body);
      const within = new Scope(scope);
      within.arguments = [unknown, unknown];
      this.#in(within, () => this.#node(body, nothing));
    }
  }

  #script(script: Script | ParsedScript, stdin: Flow): Flow {
    if ('errors' in script && script.errors !== undefined && script.errors.length > 0) {
      this.#visitor.obstacle('malformed', script.errors[0]?.message ?? '');
    }
    return this.#statements(script.commands, stdin);
  }

  #statements(statements: readonly Statement[], stdin: Flow): Flow {
    return joined(statements.map((each) => this.#node(each.command, stdin)));
  }

  #node(node: SyntaxNode, stdin: Flow): Flow {
    if (this.#isTooMuch(node.type)) return nothing;
    switch (node.type) {
      case 'Command':
        return this.#command(node, stdin);
      case 'Pipeline':
        return this.#pipeline(node.commands, stdin);
      case 'AndOr':
        return joined(node.commands.map((each) => this.#node(each, stdin)));
      case 'CompoundList':
        return this.#nested(() => this.#statements(node.commands, stdin));
      case 'Subshell':
        return this.#in(new Scope(this.#scope), () => this.#node(node.body, stdin));
      case 'Function':
        this.#scope.functions.set(node.name.value, node.body);
        return nothing;
      case 'For':
      case 'Select':
        return this.#loop(node, stdin);
      case 'Redirected':
        return this.#redirected(node.command, node.redirects, stdin);
      default:
        return this.#children(node, stdin);
    }
  }

  /** Of everything else it counts only what is in it: branches are all looked at, whatever their condition. */
  #children(node: SyntaxNode, stdin: Flow): Flow {
    const flows: Flow[] = [];
    forEachChild(node, (child) => {
      if (child.type === 'Script') this.output(child);
      else flows.push(this.#nested(() => this.#node(child, stdin)));
    });
    return joined(flows);
  }

  #pipeline(commands: readonly SyntaxNode[], stdin: Flow): Flow {
    let flow = stdin;
    for (const each of commands) {
      const input = flow;
      flow =
        commands.length === 1
          ? this.#node(each, input)
          : this.#in(new Scope(this.#scope), () => this.#node(each, input));
    }
    return flow;
  }

  #loop({ name, wordlist, body }: For | Select, stdin: Flow): Flow {
    const words = wordlist?.flatMap((each) => fieldsOf(each, this.#scope, this)) ?? [...this.#scope.arguments];
    const rounds = words.length > bounds.rounds ? [...words.slice(0, bounds.rounds), unknown] : words;
    return joined(
      rounds.map((word) => {
        this.#scope.variables.set(name.value, word);
        return this.#node(body, stdin);
      }),
    );
  }

  #redirected(command: SyntaxNode, redirects: readonly Redirection[], stdin: Flow): Flow {
    const { input, reads, writes } = this.#redirections(redirects, stdin);
    const shape = {
      name: '',
      word: '',
      args: [],
      environment: new Map<string, string>(),
      cwd: this.#scope.cwd,
      stdin: input,
    };
    this.#visitor.command({ ...shape, reads, writes });
    const flow = this.#node(command, input);
    this.#keep(writes, flow);
    return flow;
  }

  #command(command: Command, stdin: Flow): Flow {
    const scope = this.#scope;
    const { input, reads, writes } = this.#redirections(command.redirects, stdin);
    const environment = new Map<string, string>();
    for (const each of command.prefix) {
      if (each.type === 'Assignment') environment.set(...assigned(each, scope, this));
    }
    const words = command.name === undefined ? [] : fieldsOf(command.name, scope, this);
    for (const each of command.args) words.push(...this.#argument(each));
    const shape = { environment, cwd: scope.cwd, stdin: input, reads, writes };
    if (words.length === 0) {
      for (const [name, value] of environment) scope.variables.set(name, value);
      this.#visitor.command({ name: '', word: '', args: [], ...shape });
      return nothing;
    }
    const flow = this.#words(words, { name: '', word: '', args: [], ...shape }, undefined);
    this.#keep(writes, flow);
    return flow;
  }

  #argument(argument: CommandArgument): string[] {
    if (argument.type === 'Word') return fieldsOf(argument, this.#scope, this);
    return [assignmentWord(assigned(argument, this.#scope, this))];
  }

  /** Aliases and functions stand before programs. */
  #words(argv: readonly string[], like: Invocation, stdin: Flow | undefined): Flow {
    const scope = this.#scope;
    const [first = '', ...args] = argv;
    const input = stdin ?? like.stdin;
    const alias = scope.aliases.get(first);
    if (alias !== undefined) {
      const within = new Scope(scope);
      within.aliases.delete(first);
      return this.#nested(() => this.#in(within, () => this.#words([...alias.split(/\s+/u), ...args], like, input)));
    }
    const body = scope.functions.get(first);
    if (body !== undefined) return this.#call(body, args, input);
    return this.invoke({ ...like, name: programOf(first), word: first, args, cwd: scope.cwd, stdin: input });
  }

  #call(body: Body, args: readonly string[], stdin: Flow): Flow {
    this.#called.add(body);
    const scope = this.#scope;
    const before = scope.arguments;
    scope.arguments = args;
    try {
      return this.#nested(() => this.#node(body, stdin));
    } finally {
      scope.arguments = before;
    }
  }

  #redirections(
    redirects: readonly Redirection[],
    stdin: Flow,
  ): { input: Flow; reads: readonly string[]; writes: readonly string[] } {
    let input = stdin;
    const reads: string[] = [];
    const writes: string[] = [];
    for (const each of redirects) {
      if (each.type === 'HereDoc') {
        const { parts, text } = each.body;
        input = { text: parts === undefined ? text : textOfParts(parts, this.#scope, this) };
      } else if (each.target !== undefined) {
        const target = valueOf(each.target, this.#scope, this);
        if (each.type === 'HereString') input = { text: `${target}\n` };
        else if (each.operator.startsWith('<')) {
          reads.push(target);
          input = this.#scope.files.get(absolute(target, this.#scope.cwd) ?? '') ?? nothing;
          if (each.operator === '<>') writes.push(target);
        } else if (!/^(\d+|-)$/u.test(target) && !(each.operator === '>&' && isUnknown(target))) writes.push(target);
      }
    }
    return { input, reads, writes };
  }

  /** What the script writes to a file, it may run later. */
  #keep(writes: readonly string[], flow: Flow): void {
    for (const each of writes) {
      const path = absolute(each, this.#scope.cwd);
      if (path !== undefined) this.#scope.files.set(path, flow);
    }
  }
}
