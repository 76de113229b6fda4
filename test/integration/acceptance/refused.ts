import assert from 'node:assert/strict';
import type { Machine, Ran } from '../cli/machine.ts';

/** What a person or a program is told of something that was not done. */
export interface Told {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

export interface Expected {
  readonly exit: number;
  readonly code: string;
  readonly message: RegExp;
  readonly next: RegExp;
}

type Options = Parameters<Machine['coppice']>[1];

/** The error that a command line with `--json` has printed. */
export function toldBy({ stderr }: Ran): Told {
  return (JSON.parse(stderr) as { error: Told }).error;
}

/** The error with which work that was taken has ended, as `--json` prints it last. */
export function resultOf({ stdout }: Ran): Told {
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return (JSON.parse(last) as { error: Told }).error;
}

/** Runs a command that has to be refused, for a program and for a person: both are told the same, with the next step. */
export async function refused(
  machine: Machine,
  args: readonly string[],
  expected: Expected,
  options: Options = {},
): Promise<void> {
  const json = await machine.coppice([...args, '--json'], options);
  const told = `${json.stdout}${json.stderr}`;
  assert.equal(json.exit, expected.exit, told);
  fits(toldBy(json), expected);
  const plain = await machine.coppice(args, options);
  assert.equal(plain.exit, expected.exit, plain.stderr);
  assert.match(plain.stderr, expected.message);
  assert.match(plain.stderr, expected.next);
}

export function fits({ code, message, next }: Told, expected: Omit<Expected, 'exit'>): void {
  assert.equal(code, expected.code, `${message} ${next}`);
  assert.match(message, expected.message);
  assert.match(next, expected.next);
}

interface Detail {
  readonly status: string;
  readonly worktree: string | null;
  readonly branch: string | null;
  readonly error?: Told;
  readonly text?: string;
}

export function show(machine: Machine, session: string): Promise<Detail> {
  return machine.json<Detail>('session', 'show', session);
}

/** The main checkout is as it was, and so is the journal. */
export async function untouched(machine: Machine): Promise<void> {
  assert.equal(await machine.git('status', '--porcelain'), '');
  assert.equal((await machine.git('branch', '--show-current')).trim(), 'main');
  const audit = await machine.coppice(['audit', 'verify']);
  assert.match(audit.stdout, /The journal is whole/, audit.stderr);
}
