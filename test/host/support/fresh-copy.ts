/**
 * A fresh copy of the extension's program, activated beside the one that runs: what it begins, and what it asks of the machine, is
 * seen. Of what may exist only once in a window (commands, views, serializers) it gets a stand-in that does nothing.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import * as vscode from 'vscode';

type Callable = (...args: unknown[]) => unknown;
type Named = Readonly<Record<string | symbol, unknown>>;

/** Names in VS Code's API that begin something which has to be ended. */
const beginning = /^(register|create|onDid|onWill)/u;
const single = /^(register\w+|createTreeView|createSourceControl|createCommentController)$/u;
const machine = /^(?:node:)?(fs|fs\/promises|child_process|net)$/u;

/** The copy and what it has begun. */
export class FreshCopy {
  /** What has not ended, each by its name in VS Code's API. */
  readonly open = new Map<object, string>();
  /** Every name of which something was begun. */
  readonly begun = new Set<string>();
  readonly timers = new Set<NodeJS.Timeout>();
  /** What was asked of files, processes and sockets, e.g. `fs/promises.readFile /path`. */
  readonly asked: string[] = [];
  /** Messages that it wanted to show. */
  readonly said: string[] = [];
  readonly #subscriptions: { dispose(): unknown }[] = [];
  readonly #activate: (context: unknown) => void;

  /** @param folder where the extension is installed */
  constructor(folder: string) {
    const path = join(folder, 'dist', 'extension.cjs');
    const own = createRequire(path);
    const load = (name: string): unknown => {
      if (name === 'vscode') return this.#api();
      const module = own(name) as Named;
      const [, called] = machine.exec(name) ?? [];
      return called === undefined ? module : this.#overheard(module, called);
    };
    const words = ['require', 'module', 'exports', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'];
    // Not wrapped into a function: places in it are those of the file, for whoever counts what runs.
    const program = compileFunction(readFileSync(path, 'utf8'), words, { filename: path }) as Callable;
    const module = { exports: {} as { activate(context: unknown): void } };
    program(load, module, module.exports, ...this.#clock());
    this.#activate = (context) => module.exports.activate(context);
  }

  /** As VS Code does it, with a context that keeps nothing. */
  activate(folder: string): void {
    const empty = { get: () => undefined, update: async () => undefined, keys: () => [] };
    const secrets = { get: async () => undefined, store: async () => undefined, delete: async () => undefined };
    this.#activate({
      ...{ subscriptions: this.#subscriptions, secrets, globalState: empty, workspaceState: empty },
      ...{ extensionPath: folder, extensionUri: vscode.Uri.file(folder), extension: { id: 'coppice.copy' } },
    });
  }

  /** As VS Code does it when a window ends or an extension is switched off. */
  deactivate(): void {
    for (const each of this.#subscriptions.splice(0)) each.dispose();
  }

  #track<T extends object>(made: T, name: string): T {
    const key = {};
    this.open.set(key, name);
    this.begun.add(name);
    return new Proxy({} as T, {
      get: (_, property) => {
        const value: unknown = Reflect.get(made, property);
        if (typeof value !== 'function') return value;
        const call = value.bind(made) as Callable;
        if (property !== 'dispose') return call;
        return () => {
          this.open.delete(key);
          return call();
        };
      },
      set: (_, property, value) => Reflect.set(made, property, value),
    });
  }

  /** A bundle copies the names that a module has, so they have to be its own. */
  #api(): object {
    const seen = this.#seen(vscode, '');
    const names = Object.getOwnPropertyNames(vscode);
    return Object.defineProperties(
      {},
      Object.fromEntries(names.map((name) => [name, { enumerable: true, get: () => seen[name] }])),
    );
  }

  /** VS Code's API, or a part of it, of which everything that begins something is tracked. */
  #seen(api: Named, prefix: string): Named {
    return new Proxy(
      {},
      {
        get: (_, property) => {
          const value = api[property];
          const name = `${prefix}${String(property)}`;
          if (/^show(Information|Warning|Error)Message$/u.test(String(property))) {
            return async (text: string) => void this.said.push(text);
          }
          // Of channels with one name VS Code keeps one only, which the first copy has closed.
          if (name === 'window.createOutputChannel') {
            return (_: unknown, options: { log: true }) =>
              this.#track(vscode.window.createOutputChannel(`Copy ${randomUUID()}`, options), name);
          }
          if (property === 'EventEmitter') return this.#emitter();
          if (typeof value === 'function' && beginning.test(String(property))) {
            return (...args: unknown[]) =>
              this.#track(single.test(String(property)) ? standIn() : ((value as Callable)(...args) as object), name);
          }
          const isPart = typeof value === 'object' && value !== null && prefix === '' && /^[a-z]/u.test(name);
          return isPart ? this.#seen(value as Named, `${name}.`) : value;
        },
      },
    );
  }

  #emitter(): unknown {
    return new Proxy(vscode.EventEmitter, {
      construct: (made) => this.#track(new made(), 'EventEmitter'),
    });
  }

  #overheard(module: Named, called: string): Named {
    return new Proxy(module, {
      get: (_, property) => {
        const value = module[property];
        if (typeof value !== 'function' || /^[A-Z]/u.test(String(property))) return value;
        return (...args: unknown[]) => {
          const [first] = args;
          this.asked.push(`${called}.${String(property)} ${typeof first === 'string' ? first : JSON.stringify(first)}`);
          return (value as Callable).apply(module, args);
        };
      },
    });
  }

  #clock(): Callable[] {
    const begin =
      (repeats: boolean, set: typeof setTimeout | typeof setInterval): Callable =>
      (work, ms, ...rest) => {
        const timer = set(
          (...given: unknown[]) => {
            if (!repeats) this.timers.delete(timer);
            (work as Callable)(...given);
          },
          ms as number,
          ...rest,
        );
        this.timers.add(timer);
        return timer;
      };
    const end: Callable = (timer) => {
      this.timers.delete(timer as NodeJS.Timeout);
      clearTimeout(timer as NodeJS.Timeout);
    };
    return [begin(false, setTimeout), end, begin(true, setInterval), end];
  }
}

/** Takes everything and does nothing. */
function standIn(): object {
  const nothing: object = new Proxy(() => undefined, {
    get: (_, property) => {
      if (property === 'visible') return false;
      if (typeof property === 'symbol' || property === 'then') return undefined;
      if (property === 'bind') return () => nothing;
      return nothing;
    },
    set: () => true,
    apply: () => nothing,
  });
  return nothing;
}
