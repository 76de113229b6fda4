/**
 * A git process that answers questions one after the other (`--stdin`, `--batch`), for those that are asked too often for
 * a process each. It is started by the first question, ended when none came for a while, and started again by the next.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { CoppiceError } from '../core/errors.ts';
import { signalGroup } from './process.ts';

/** How a coprocess is started, and its limits in milliseconds. */
export interface CoprocessCall {
  /** Its complete environment and folder, asked at every start. */
  readonly start: () => Promise<{ readonly env: Readonly<Record<string, string>>; readonly cwd: string }>;
  readonly args: readonly string[];
  /** Longest wait for an answer; 30 s unless told. */
  readonly answerMs?: number;
  /** It is ended after this long without a question; 30 s unless told. */
  readonly idleMs?: number;
}

/** How many bytes at the beginning of what was read are the answer; undefined while some of it is missing. */
export type AnswerLength = (bytes: Buffer) => number | undefined;

interface Question {
  readonly input: Buffer;
  readonly length: AnswerLength;
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (error: unknown) => void;
}

const startAttempts = 3;
const stderrBytes = 2_000;
const largestAnswer = 64 * 1024 * 1024;

/** Answers come in the order of the questions. */
export class Coprocess {
  readonly #call: CoprocessCall;
  readonly #questions: Question[] = [];
  #child: ChildProcessWithoutNullStreams | undefined;
  #starting: Promise<void> | undefined;
  #read: Buffer[] = [];
  #stderr = '';
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** To be renewed when the open questions are answered. */
  #outdated = false;

  constructor(call: CoprocessCall) {
    this.#call = call;
  }

  /** @throws CoppiceError `git-failed` (it ended), `timed-out`, `unreachable` (closed). */
  async ask(input: Buffer, length: AnswerLength): Promise<Buffer> {
    // It may be renewed while it starts. Between the look at it and the question nothing may happen.
    for (let attempt = 0; this.#child === undefined && attempt < startAttempts; attempt += 1) await this.#started();
    const child = this.#child;
    if (child === undefined) throw this.#failed();
    return new Promise((resolve, reject) => {
      this.#questions.push({ input, length, resolve, reject });
      hold(child, true);
      child.stdin.write(input);
      this.#wait();
    });
  }

  async #started(): Promise<void> {
    if (this.#closed) throw new CoppiceError('unreachable', 'This git was ended.', 'Ask again.');
    const starting = (this.#starting ??= this.#start());
    try {
      await starting;
    } catch (error) {
      // Another question may have begun the next start by now.
      if (this.#starting === starting) this.#starting = undefined;
      throw error;
    }
  }

  /** Ends the process, and lets the next question start another one: what it knows is out of date. */
  renew(): void {
    const child = this.#child;
    if (child === undefined) return;
    if (this.#questions.length > 0) {
      this.#outdated = true;
      return;
    }
    this.#outdated = false;
    this.#forget();
    child.stdin.end();
  }

  /** Ends it for good; open questions are rejected. */
  close(): void {
    this.#closed = true;
    this.#kill(new CoppiceError('unreachable', 'This git was ended.', 'Ask again.'));
  }

  async #start(): Promise<void> {
    const { env, cwd } = await this.#call.start();
    if (this.#closed) return;
    const child = spawn('git', [...this.#call.args], { cwd, env: { ...env }, detached: true, windowsHide: true });
    this.#child = child;
    this.#read = [];
    this.#stderr = '';
    const ended = (): void => {
      if (this.#child === child) this.#kill(this.#failed());
    };
    child.stdin.on('error', () => undefined); // told by its end
    child.on('error', ended);
    child.on('close', ended);
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-stderrBytes);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.#child === child) this.#take(chunk);
    });
  }

  #take(chunk: Buffer): void {
    this.#read.push(chunk);
    let bytes = this.#read.length === 1 ? chunk : Buffer.concat(this.#read);
    for (;;) {
      const [question] = this.#questions;
      const length = question?.length(bytes);
      if (question === undefined || length === undefined) break;
      this.#questions.shift();
      question.resolve(bytes.subarray(0, length));
      bytes = bytes.subarray(length);
    }
    this.#read = bytes.length === 0 ? [] : [bytes];
    if (this.#questions.length === 0 && this.#child !== undefined) hold(this.#child, false);
    if (bytes.length > largestAnswer) this.#kill(this.#failed());
    else this.#wait();
    if (this.#outdated && this.#questions.length === 0) this.renew();
  }

  /** For the answer to the first question, or for another question. */
  #wait(): void {
    clearTimeout(this.#timer);
    const { answerMs = 30_000, idleMs = 30_000 } = this.#call;
    this.#timer =
      this.#questions.length > 0
        ? setTimeout(() => this.#kill(slow(this.#call.args, answerMs)), answerMs)
        : setTimeout(() => this.renew(), idleMs);
    this.#timer.unref();
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#child = undefined;
    this.#starting = undefined;
  }

  #kill(error: CoppiceError): void {
    const pid = this.#child?.pid;
    this.#forget();
    if (pid !== undefined) signalGroup(pid, 'SIGKILL');
    for (const question of this.#questions.splice(0)) question.reject(error);
  }

  #failed(): CoppiceError {
    const what = `git ${this.#call.args[0] ?? ''}`;
    const context = { args: this.#call.args.join(' '), stderr: this.#stderr };
    const line = this.#stderr.split('\n', 1)[0] ?? '';
    const message = `${what} ended while it was needed${line === '' ? '' : `: ${line}`}`;
    return new CoppiceError('git-failed', message, 'See the log for the whole message.', { context });
  }
}

/** Whether this process lives on for its sake. One that waits for questions ends by itself when nobody is there to ask. */
function hold(child: ChildProcessWithoutNullStreams, on: boolean): void {
  for (const each of [child, child.stdin, child.stdout, child.stderr]) {
    if (!('ref' in each) || !('unref' in each)) continue;
    if (on) each.ref();
    else each.unref();
  }
}

function slow(args: readonly string[], ms: number): CoppiceError {
  const message = `git ${args[0] ?? ''} did not answer within ${ms / 1000} s.`;
  return new CoppiceError('timed-out', message, 'Try again when the machine is less busy.');
}
