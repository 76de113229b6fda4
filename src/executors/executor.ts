/**
 * The contract of every place where an agent can run. One conformance suite holds for all of them.
 *
 * A run is one start of an agent's process. Its directory holds what `media/run.sh` leaves; the stream and the error
 * output belong to the session and are only ever appended to. Everything here can be asked again by a later engine: a
 * run is known by its directory, never by an object in memory.
 */
import type { TailEnd, TailHandlers } from './tail.ts';

/** What an executor can do; the engine asks this and never which executor it is. */
export interface ExecutorCapabilities {
  /** What stands between an agent and this host. `none` needs a person's consent for each repository. */
  readonly isolation: 'none' | 'container' | 'other-host';
  /** Agents outlive the engine and are found again by the next one. */
  readonly outlivesEngine: boolean;
  /** A live agent that was started `duplex` takes numbered inputs. */
  readonly input: boolean;
  /** Memory and processor limits can be set. */
  readonly resourceLimits: boolean;
}

/** Where a run leaves its files. All paths are absolute. Plain JSON. */
export interface RunRef {
  readonly session: string;
  /** 1 or more, counted per session. */
  readonly run: number;
  /** Of this run alone. */
  readonly directory: string;
  /** Shared by the runs of a session. */
  readonly streamPath: string;
  /** Shared by the runs of a session. */
  readonly stderrPath: string;
}

/** Everything that starts an agent. */
export interface RunSpec extends RunRef {
  /** A name to be found on the `PATH` of `env`, or a path. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The complete environment, secrets included; the marks of the run are added. Never written to a file. */
  readonly env: Readonly<Record<string, string>>;
  /** Names in `env` that are secrets; `command.json` lists them apart. */
  readonly secrets?: readonly string[];
  /** The agent reads numbered inputs; otherwise its input is empty. */
  readonly duplex: boolean;
  /** Files that the agent reads, written to the run's directory where the agent finds it, for its user only. */
  readonly files?: readonly { readonly name: string; readonly text: string }[];
  /** For executors with containers. */
  readonly container?: ContainerPolicy;
  /** What is at work, for places that show it; see `SessionLabel`. */
  readonly label?: SessionLabel;
}

/** How a session is called where a person looks for it by name: in a list of windows, of containers. */
export interface SessionLabel {
  /** Id of its task. */
  readonly task: string;
  readonly mode: string;
  readonly agent: string;
}

/** What a container is made of and may use. */
export interface ContainerPolicy {
  readonly image: string;
  readonly memoryMegabytes: number;
  /** Processors; fractions count. */
  readonly cpus: number;
  /** Containers of this engine that may be at work at once, this one included: each is left its part of the machine. 1 unless said. */
  readonly places?: number;
  /** Processes and threads at once. */
  readonly processes: number;
  /** `model`: the endpoints alone, through a proxy of the engine. */
  readonly network: 'none' | 'model' | 'open';
  /** `host:port` of models, for the network `model`. */
  readonly endpoints?: readonly string[];
  /** A folder of SSH keys of this host that is lent read-only. Absolute. */
  readonly ssh?: string;
}

/** Where a worktree that is shared with a container stands in git. */
export interface SharedHead {
  readonly branch: string;
  /** Full id of the commit. */
  readonly head: string;
  /** Folder of the repository's objects, which is lent read-only. Absolute. */
  readonly objects: string;
  /** Folders of objects of other repositories that this one borrows, all of them, lent as well. Absolute. */
  readonly borrowed: readonly string[];
}

/** Worktrees whose files are those of this host and whose git directory is one of the session's own. */
export interface SharedTree {
  /** Makes a git directory for the next run. Earlier ones are kept. */
  put(session: string, head: SharedHead): Promise<void>;
  /** Where the agent left it, and the folder of objects that it made. Nothing in there is believed. */
  keep(session: string): Promise<{ readonly head: string; readonly branch?: string; readonly objects: string }>;
}

/** Where an agent finds its working directory and the directory of its run. Absolute, as the agent sees them. */
export interface RunView {
  readonly cwd: string;
  readonly directory: string;
}

/** A state of a worktree, sent to where its agent works. All ids are full. */
export interface SentTree {
  /** Id of the repository. */
  readonly repository: string;
  readonly branch: string;
  /** Where the branch is. */
  readonly head: string;
  /** A commit with the files as they are to be. */
  readonly commit: string;
  /** A file of this host with the objects that are missing there; undefined: none are. */
  readonly pack?: string;
}

/** A state of a worktree as it is where its agent works. All ids are full. */
export interface KeptTree {
  readonly head: string;
  /** Undefined when no branch is checked out. */
  readonly branch?: string;
  /** A commit that holds all files that git does not ignore. */
  readonly commit: string;
  readonly tree: string;
}

/** A program to run once where a worktree is. */
export interface AwayScript {
  /** A name to be found on the `PATH` there, or a path. */
  readonly file: string;
  readonly args: readonly string[];
  /** What of it describes this host is left out. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Takes all that it prints, both streams. */
  readonly sink: (chunk: Buffer) => void;
  readonly signal?: AbortSignal;
}

/** How such a program ended. `code`: as a shell tells it. */
export interface AwayScriptEnd {
  readonly code: number | undefined;
  readonly ended: 'itself' | 'timeout';
}

/** Worktrees that are not on this host. Git brings them up to date in both directions, as packs of objects. */
export interface AwayTree {
  /** Commits that are there already, so that they need not be sent. */
  known(session: string, repository: string): Promise<readonly string[]>;
  /**
   * Makes the worktree there as it was sent. Repeating it is harmless. `furnished`: it has what a worktree gets once beside what git
   * knows.
   */
  put(session: string, sent: SentTree): Promise<{ readonly furnished: boolean }>;
  /** What git ignores in all worktrees of the repository there, beside what its files say: patterns as in `.gitignore`. */
  ignore(session: string, repository: string, patterns: readonly string[]): Promise<void>;
  /** Puts the files of an archive (tar, a file of this host) into the worktree there. */
  fill(session: string, archive: string): Promise<void>;
  /** Runs a program in the worktree there. When it has ended, or its time is up, nothing of it is left. */
  script(session: string, script: AwayScript): Promise<AwayScriptEnd>;
  /** The worktree there has what a worktree gets once. */
  furnished(session: string): Promise<void>;
  /** What the agent left there in the file in which agents ask for help; empty when there is none that can be read. */
  question(session: string): Promise<string>;
  /** Takes that file away. */
  answered(session: string): Promise<void>;
  /** Whether an agent was started in the worktree there since it was last put. */
  worked(session: string): Promise<boolean>;
  /** Keeps the worktree there as it is. */
  keep(session: string, repository: string): Promise<KeptTree>;
  /** Writes a pack of the commits to a file of this host; those with a `^` before them, and what they reach, are left out. */
  fetch(session: string, repository: string, commits: readonly string[], file: string): Promise<void>;
}

/** A program that a terminal of the user runs to be where a session is. */
export interface Terminal {
  /** Program and arguments; empty: the user's own shell. */
  readonly command: readonly string[];
  /** Absolute, on this host. */
  readonly cwd: string;
  /** What a person is told about it, in a sentence. */
  readonly what: string;
  /** What an exit code of the program means that says that the place is not there any more; the agent may well be. */
  readonly lost?: { readonly code: number; readonly message: string; readonly next: string };
}

/** A session that somebody wants to be at. */
export interface TerminalPlace {
  readonly session: string;
  /** Its worktree on this host. */
  readonly cwd: string;
  readonly label: SessionLabel;
}

/** The agent's process and its wrapper's. Start times and boot ids are opaque and only compared. Plain JSON. */
export interface RunProcesses {
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
  readonly wrapperPid: number;
  readonly wrapperStartTime: string;
}

/** What the engine journals of a started run. */
export interface RunRecord extends RunRef, RunProcesses {}

/** What is known of the agent (not of its wrapper). */
export type RunState =
  | { readonly state: 'not-started' }
  | { readonly state: 'running'; readonly pid: number }
  /**
   * It has ended. `code` is the raw wait status of a shell: above 128 it is either the agent's own code or, as `signal`
   * names, 128 + a signal. Without `code` the wrapper had died before the agent did. `at`: milliseconds since 1970.
   */
  | { readonly state: 'exited'; readonly code?: number; readonly signal?: NodeJS.Signals; readonly at?: number }
  /** It no longer runs and how it ended will never be known: another boot, or its pid is another process's. */
  | { readonly state: 'gone'; readonly reason: string }
  /** It cannot be told, which is never the same as dead. */
  | { readonly state: 'unknown'; readonly reason: string };

/** `pending`: in the inbox, not yet taken; `fed`: handed to the agent's input (whether it was read, its echo tells). */
export type InputState = 'absent' | 'pending' | 'fed';

/** Limits of `stop` and `sweep`, in milliseconds. */
export interface StopLimits {
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** For the exit record after the agent's end, and again for the sweep. Default 5000. */
  readonly sweepMs?: number;
}

/** A live process of a run, or one that was ended. The pid is only its own together with the start time. */
export interface RunProcess {
  readonly pid: number;
  readonly startTime: string;
  /** The short name that the operating system shows. */
  readonly name: string;
  /** How it was known: it is the run's own, it carries the mark of the run, or it was seen as its descendant. */
  readonly by: 'agent' | 'wrapper' | 'mark' | 'descent';
}

/** What became of a run and its processes by the time `stop` returns. */
export interface StopReport {
  /** The strongest signal that the agent itself was sent. */
  readonly signal: 'none' | 'SIGTERM' | 'SIGKILL';
  /** Processes that were swept after the agent's end. */
  readonly killed: readonly RunProcess[];
  /** Processes that would not end (not permitted, stuck in the kernel, multiplying faster than they are ended). */
  readonly left: readonly RunProcess[];
  readonly state: RunState;
}

/**
 * A place where agents run. Where a run is named by its `RunRef`, that is enough: any engine may ask, not only the one
 * that started it.
 */
export interface Executor {
  readonly id: string;
  readonly capabilities: ExecutorCapabilities;
  /** Where agents do not work on the files of this host. */
  readonly tree?: AwayTree;
  /** Where agents work on the files of this host with a git directory of their own. */
  readonly shared?: SharedTree;
  /** Where the agent of a run finds its folders. Throws `unreachable`. */
  view(run: RunRef, cwd: string): Promise<RunView>;
  /**
   * Whether it can be used here, and what it is: a version, a host. `path` is where the shell of whoever asks looks for programs. Throws
   * `executor-missing`, `unreachable` with what to do.
   */
  detect(signal: AbortSignal, path?: string): Promise<string>;
  /**
   * Asked before anything is made for a session, whose shell looks for programs on `path`. Throws `executor-missing` for what a start would
   * lack; with `image` in its context it is the image of containers that is not there.
   */
  requireParts?(parts: { readonly image: string; readonly path: string | undefined }): Promise<void>;
  /**
   * Starts the agent, or returns the run that was already started in this directory, ended or not: of any number of
   * starts exactly one runs the agent. A start that was cut short before the agent's first step does not count. Throws `agent-missing`, `agent-unusable`, `not-found` (working directory),
   * `disk-full`, `unknown-outcome`, `internal`. After an abort `probe` tells whether the agent was started.
   */
  start(spec: RunSpec, signal: AbortSignal): Promise<RunRecord>;
  probe(run: RunRef): Promise<RunState>;
  /**
   * Puts input `n` (1, 2, 3 … per run) into the inbox and wakes the feeder. An input waits for all before it; the same
   * number is fed once, whoever writes it how often. May precede the start. Throws `wrong-state` when the agent has
   * ended or takes no more input, `disk-full`, `bad-usage`; then the input is not pending.
   */
  write(run: RunRef, n: number, data: string | Uint8Array): Promise<'pending' | 'fed'>;
  inputState(run: RunRef, n: number): Promise<InputState>;
  /** Ends the agent's input behind the inputs that are there. Again, or after the agent's end: nothing happens. */
  close(run: RunRef): Promise<void>;
  /** Signals the agent alone. */
  signal(run: RunRef, signal: NodeJS.Signals): Promise<'sent' | 'not-running'>;
  /**
   * SIGTERM, SIGKILL after the grace time, then the sweep of all that carries the mark of the run or was seen as its
   * descendant. On a run that has ended it only sweeps. A start that was cut short before the agent's first step is
   * `not-started` afterwards. Call it once after every run.
   */
  stop(run: RunRef, limits: StopLimits): Promise<StopReport>;
  /** Ends every process that carries the mark of the session, of whichever run. */
  sweep(session: string, limits: StopLimits): Promise<Pick<StopReport, 'killed' | 'left'>>;
  /**
   * The complete lines of the stream from `fromOffset` (the end of a line) on, until the run has ended (then also a torn
   * last line), or until it cannot be told whether it runs, or was never started.
   */
  tail(run: RunRef, fromOffset: number, handlers: TailHandlers): Promise<TailEnd>;
  /** The live processes of the run. */
  processes(run: RunRef): Promise<readonly RunProcess[]>;
  /** Resident memory of the processes of the run, in bytes; undefined if it cannot be told. */
  memory(run: RunRef): Promise<number | undefined>;
  /** TCP ports on which the run's processes listen, on this host; undefined if it cannot be told. */
  ports?(run: RunRef): Promise<readonly number[] | undefined>;
  /** Removes the run's directory; the stream stays. Throws `wrong-state` while something of the run lives. */
  clean(run: RunRef): Promise<void>;
  /** How a terminal gets to a session; makes what it needs for that. Throws `executor-missing`, `unreachable`. */
  terminal(place: TerminalPlace): Promise<Terminal>;
  /** Nobody wants a session here any more: removes what it left beside its runs (windows, containers, folders elsewhere). */
  forget(session: string): Promise<void>;
}
