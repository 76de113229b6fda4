import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CoppiceError } from '../../core/errors.ts';
import type {
  Executor,
  InputState,
  RunProcess,
  RunRecord,
  RunRef,
  RunSpec,
  RunState,
  StopLimits,
  StopReport,
  Terminal,
  TerminalPlace,
} from '../executor.ts';
import { inputName } from '../inbox.ts';
import { hostShell } from '../login-shell.ts';
import { prepareRun, parseProcesses as parsePids } from '../run-files.ts';
import { tail } from '../tail.ts';
import type { TailEnd, TailHandlers, WriterState } from '../tail.ts';
import { persist, SshConnection } from './connection.ts';
import { Following } from './following.ts';
import { RemoteHost, type RemoteScripts } from './remote-host.ts';
import { startFailure, startLost, startText } from './start-text.ts';
import { parseProcesses, parseSignal, parseState, parseSwept } from './state.ts';
import { sshTarget, type SshTarget } from './target.ts';
import { RemoteTree } from './tree.ts';

/** Seconds of silence after which a person's terminal asks whether its host is still there; after three such questions it gives up. */
const terminalAliveSeconds = 15;

/** What is known of the other host before it is asked. */
export interface SshExecutorOptions extends RemoteScripts {
  /** As the user names it for `ssh`. */
  readonly host: string;
  /** The environment whose configuration and key agent count. */
  readonly env: () => NodeJS.ProcessEnv;
  readonly log: (message: string, details: Readonly<Record<string, unknown>>) => void;
  readonly keepAliveMs?: number;
  /** Where to connect; by default what `ssh -G` says. */
  readonly target?: () => Promise<SshTarget>;
}

const sweepMs = 5_000;
/** Longest time between two looks whether the agent has ended, in milliseconds. Its end is told at once; this is for what was missed. */
const pollMs = 2_000;
/** How long an answer about the state is waited for while the host is away. */
const stateMs = 15_000;
const agentEnded = 75;
const alive = 76;

/** Agents on another host, reached over SSH. Their files are there, in the same shape; what they print is mirrored here. */
export class SshExecutor implements Executor {
  readonly id: string;
  readonly capabilities = {
    isolation: 'other-host',
    outlivesEngine: true,
    input: true,
    resourceLimits: false,
  } as const;
  /** The working trees there, which the engine brings up to date through git. */
  readonly tree: RemoteTree;
  readonly #options: SshExecutorOptions;
  readonly #target: () => Promise<SshTarget>;
  readonly #connection: SshConnection;
  readonly #host: RemoteHost;

  constructor(options: SshExecutorOptions) {
    const { host, env, log, keepAliveMs } = options;
    this.id = `ssh:${host}`;
    this.#options = options;
    this.#target = options.target ?? (() => sshTarget(host, env()));
    this.#connection = new SshConnection({
      target: this.#target,
      log,
      ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
    });
    this.#host = new RemoteHost(host, this.#connection, options);
    this.tree = new RemoteTree(this.#host);
  }

  async detect(_signal: AbortSignal): Promise<string> {
    const { system, git } = await this.#host.facts();
    if (git === '') {
      throw new CoppiceError(
        'executor-missing',
        `There is no git on ${this.#options.host}.`,
        'Install git 2.38 or later there.',
      );
    }
    return `${system}, ${git}; with the rights of your user there`;
  }

  async view({ session, run }: RunRef): Promise<{ readonly cwd: string; readonly directory: string }> {
    const { home } = await this.#host.facts();
    const base = `${home}/.coppice/remote/sessions/${session}`;
    return { cwd: `${base}/work`, directory: `${base}/runs/${run}` };
  }

  async start(spec: RunSpec, signal: AbortSignal): Promise<RunRecord> {
    signal.throwIfAborted();
    const facts = await this.#host.facts();
    await prepareRun(spec, facts.bootId);
    const { session, run, directory, streamPath, stderrPath } = spec;
    for (const { name, text } of spec.files ?? []) {
      await this.#host.must('file', session, [String(run), name], { input: text });
    }
    const following = new Following(this.#host, spec);
    const offset = await following.offset();
    const args = [String(run), spec.duplex ? 'duplex' : 'plain', String(offset)];
    const input = startText(spec, facts);
    const answer = await this.#host.ask('start', session, args, { input, signal }).catch((error: unknown) => {
      throw startLost(this.#options.host, error);
    });
    const processes = answer.code === 0 ? parsePids(answer.stdout) : undefined;
    if (processes === undefined) throw startFailure(this.#options.host, spec, answer);
    return { session, run, directory, streamPath, stderrPath, ...processes };
  }

  /** Never throws: a host that cannot be reached leaves its agents where nobody can tell. */
  async probe(run: RunRef): Promise<RunState> {
    try {
      return await this.#state(run);
    } catch (error) {
      return { state: 'unknown', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  async write(run: RunRef, n: number, data: string | Uint8Array): Promise<'pending' | 'fed'> {
    const name = inputName(n);
    const answer = await this.#host.ask('write', run.session, [String(run.run), name], { input: data });
    if (answer.code === agentEnded) throw await this.#noTaker(run);
    if (answer.code === 0) return answer.stdout.trim() === 'fed' ? 'fed' : 'pending';
    throw this.#failed('disk-full', 'The input could not be written', answer.stderr);
  }

  async inputState(run: RunRef, n: number): Promise<InputState> {
    const said = (await this.#host.must('input', run.session, [String(run.run), inputName(n)])).trim();
    return said === 'fed' || said === 'pending' ? said : 'absent';
  }

  async close(run: RunRef): Promise<void> {
    const answer = await this.#host.ask('close', run.session, [String(run.run)]);
    // Nobody takes input any more: that is what was asked for.
    if (answer.code === 0 || answer.code === agentEnded) return;
    throw this.#failed('unreachable', 'The input could not be ended', answer.stderr);
  }

  async signal(run: RunRef, signal: NodeJS.Signals): Promise<'sent' | 'not-running'> {
    const said = (await this.#host.must('signal', run.session, [String(run.run), signal.replace(/^SIG/u, '')])).trim();
    if (said !== 'unknown') return said === 'sent' ? 'sent' : 'not-running';
    throw new CoppiceError(
      'unknown-outcome',
      'The agent was not signalled, because it cannot be told whether it runs.',
      'Stop the session; that ends every process that carries its mark.',
    );
  }

  async stop(run: RunRef, { graceMs, sweepMs: ownSweepMs = sweepMs }: StopLimits): Promise<StopReport> {
    const args = [String(run.run), String(Math.ceil(graceMs / 100)), String(Math.ceil(ownSweepMs / 100))];
    const text = await this.#host.must('stop', run.session, args, { limitMs: graceMs + 4 * ownSweepMs + 30_000 });
    return { signal: parseSignal(text), ...parseSwept(text), state: parseState(text) };
  }

  async sweep(
    session: string,
    { sweepMs: ownSweepMs = sweepMs }: StopLimits,
  ): Promise<Pick<StopReport, 'killed' | 'left'>> {
    const limitMs = 4 * ownSweepMs + 30_000;
    return parseSwept(await this.#host.must('sweep', session, [String(Math.ceil(ownSweepMs / 100))], { limitMs }));
  }

  async tail(run: RunRef, fromOffset: number, handlers: TailHandlers): Promise<TailEnd> {
    await mkdir(dirname(run.streamPath), { recursive: true, mode: 0o700 });
    const ended = new AbortController();
    const signal = AbortSignal.any([handlers.signal, ended.signal]);
    const following = new Following(this.#host, run);
    let writer: WriterState = 'writing';
    const mirroring = this.#mirror(run, following, signal).then(
      (state) => (writer = state),
      (error: unknown) => {
        writer = 'unknown';
        if (!signal.aborted) this.#log('the output cannot be followed', run, error);
      },
    );
    try {
      return await tail(run.streamPath, fromOffset, { ...handlers, pollMs: 100, writer: () => writer });
    } finally {
      ended.abort();
      await mirroring;
      await following.close();
    }
  }

  async processes(run: RunRef): Promise<readonly RunProcess[]> {
    return parseProcesses(await this.#host.must('family', run.session, [String(run.run)]));
  }

  async memory(run: RunRef): Promise<number | undefined> {
    const bytes = Number(await this.#host.must('memory', run.session, [String(run.run)]));
    return Number.isFinite(bytes) ? bytes : undefined;
  }

  async clean(run: RunRef): Promise<void> {
    const answer = await this.#host.ask('clean', run.session, [String(run.run)]);
    if (answer.code === alive) {
      const message = 'The folder of the run was not removed: something of it is still alive.';
      throw new CoppiceError('wrong-state', message, 'Stop the session first.', { context: { session: run.session } });
    }
    await rm(run.directory, { recursive: true, force: true });
  }

  async terminal({ session, cwd }: TerminalPlace): Promise<Terminal> {
    const { host } = this.#options;
    await this.#host.facts();
    const { keepAliveSeconds } = await this.#target();
    const inside = hostShell(`.coppice/remote/sessions/${session}/work`);
    // Else nobody would notice a host that falls silent; whoever has said something of it in their configuration is heeded.
    const alive = keepAliveSeconds > 0 ? [] : ['-o', `ServerAliveInterval=${terminalAliveSeconds}`];
    return {
      ...{ command: ['ssh', '-t', ...alive, '--', host, inside], cwd, what: `A shell in the worktree on ${host}.` },
      lost: {
        code: 255, // of ssh itself
        message: `The connection to ${host} was lost. What works there goes on, and its output comes when the host is back.`,
        next: `Check that \`ssh ${host}\` works, then open the terminal again; \`coppice session show ${session}\` says how the work stands.`,
      },
    };
  }

  async forget(session: string): Promise<void> {
    const answer = await this.#host.ask('forget', session);
    if (answer.code === 0) return;
    throw this.#failed('unreachable', 'What is left there could not be removed', answer.stderr);
  }

  /** Ends the connection. Agents go on. */
  async dispose(): Promise<void> {
    await this.#connection.dispose();
  }

  async #state(run: RunRef): Promise<RunState> {
    const text = await this.#host.must('state', run.session, [String(run.run)], { limitMs: stateMs });
    return parseState(text);
  }

  /** Until the run has ended and all that it printed is here; a host that is away is tried again and again. */
  async #mirror(run: RunRef, following: Following, signal: AbortSignal): Promise<WriterState> {
    const tried = (attempt: number, error: CoppiceError): void => {
      this.#log(`trying again (${attempt + 1})`, run, error);
    };
    for (;;) {
      await persist(signal, () => following.follow(signal), tried);
      const state = await persist(signal, () => this.#state(run), tried);
      await persist(signal, () => following.catchUp(signal), tried);
      if (state.state === 'exited' || state.state === 'gone') return 'ended';
      if (state.state !== 'running') return 'unknown';
      await new Promise((resolve) => setTimeout(resolve, Math.min(pollMs, 200)));
      signal.throwIfAborted();
    }
  }

  #log(message: string, { session, run }: RunRef, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#options.log(message, { host: this.#options.host, session, run, why });
  }

  async #noTaker(run: RunRef): Promise<CoppiceError> {
    const { state } = await this.probe(run);
    const ended = state === 'exited' || state === 'gone';
    return new CoppiceError(
      'wrong-state',
      ended ? 'The agent has ended; it takes no more input.' : 'The agent takes no more input.',
      'Continue the session, which starts another run.',
      { context: { session: run.session, run: String(run.run), state } },
    );
  }

  #failed(code: 'disk-full' | 'unreachable', what: string, stderr: string): CoppiceError {
    const { host } = this.#options;
    const said = stderr.trim().split('\n').at(-1) ?? '';
    return new CoppiceError(code, `${what} on ${host}: ${said}`, `Look at ~/.coppice/remote on ${host}.`);
  }
}
