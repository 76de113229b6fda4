/**
 * The contract of every agent: what it can do, how it is called, what its output means. All of it is data or a pure
 * function; nothing here starts a process or touches a file, so the same description serves every executor and every test.
 */
import type { AgentEvent, AgentInput } from '../core/agent/events.ts';

/** How an agent differs from others. Nobody outside an agent's own folder asks which agent it is. */
export interface AgentCapabilities {
  /** Takes inputs while it runs; otherwise one prompt is one run. */
  readonly duplex: boolean;
  /** A prompt can cut into the turn under way. */
  readonly steer: boolean;
  /** A turn can be ended without ending the process. */
  readonly interrupt: boolean;
  /** A conversation can be taken up again by a later process. */
  readonly resume: boolean;
  /** A conversation can be taken up at an earlier point. */
  readonly rewind?: boolean;
  /** Asks before it uses a tool. */
  readonly permissions: boolean;
  /** Asks questions and presents plans. */
  readonly questions: boolean;
  /** The id of the conversation is chosen by the caller before the first start. */
  readonly ownSessionId: boolean;
  /** Reports what it consumed. */
  readonly usage: boolean;
  /** Can do anything the user can; on the bare host it needs a person's consent. */
  readonly needsHostConsent: boolean;
}

/** What an agent gets of its requester's environment beside the base: exact names, or `PREFIX_*`. */
export interface AgentEnvironment {
  readonly allow: readonly string[];
  /** Given, and always treated as secrets. */
  readonly secrets: readonly string[];
}

/** What was found when an agent was looked for. */
export type Detected =
  | { readonly version: string; /** What may not work. */ readonly warning?: string }
  /** One sentence each: what is wrong, what to do. */
  | { readonly problem: string; readonly fix: string };

/** How to find out whether an agent can be used here. */
export interface Detection {
  readonly command: string;
  readonly args: readonly string[];
  /** `code` is undefined when the command could not be started (or was ended by a limit). */
  readonly parse: (stdout: string, stderr: string, code: number | undefined) => Detected;
}

/** Texts of programs of ours, one file each. They run with the Node that is where the agent is. */
export interface CarriedPrograms {
  /** What stands between the engine and agents that speak ACP. */
  readonly acp: string;
  /** The MCP server through which agents ask for help. */
  readonly help: string;
}

/** What a start is made for. All paths are absolute, as the agent will see them. */
export interface AgentContext {
  /** The session's id. */
  readonly session: string;
  readonly cwd: string;
  readonly prompt: { readonly id: string; readonly text: string };
  /** Id for a conversation that begins; used when the agent has `ownSessionId`. */
  readonly agentSession?: string;
  /** Id of the conversation to take up again. */
  readonly resume?: string;
  /** A copy of it up to this point is taken up instead, under the id `agentSession`; it is itself left as it is. */
  readonly resumeAt?: string;
  /** Programs of ours for a place where those of this host cannot be run; missing where they can. */
  readonly carried?: CarriedPrograms;
  /** Names of the variables that it gets of its requester's environment. */
  readonly variables?: readonly string[];
  /** A directory of this run alone, in which the prompt file is put when the agent wants one. */
  readonly directory: string;
}

/** A start of an agent, described. */
export interface AgentCommand {
  /** A name to be found on the `PATH`, or a path. */
  readonly command: string;
  readonly args: readonly string[];
  /** Laid over the requester's part of the environment. Never a secret. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * True: inputs follow while it runs, the first prompt among them (made by `encode`). False: `firstInputs` are all it gets
   * to read, its input then ends.
   */
  readonly duplex: boolean;
  /** Written to the agent's input, in order, before anything else. */
  readonly firstInputs: readonly string[];
  /** To be written before the start, readable by the agent's user only. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** Where a line stood, and what it lacks. */
export interface LineMeta {
  /** Byte of the stream at which the line ends. */
  readonly offset: number;
  /** Bytes behind the limit of a too long line, which were cut off. */
  readonly truncatedBytes?: number;
  /** The process ended before it had written the line's end. */
  readonly torn?: boolean;
}

/** How the agent's process ended. */
export interface AgentExit {
  readonly code?: number;
  /** The signal that ended it, also where the process turned it into a code (128 + number). */
  readonly signal?: string;
  /** It is no longer there and nobody saw it end. */
  readonly gone?: boolean;
  /** The end of its error output. */
  readonly stderr?: string;
}

/**
 * A fold of one run's output, line by line. It never throws, whatever it is fed, and the same lines always give the same
 * events, so a run can be read again from its start; from the start of a turn on the events of that turn are the same, too.
 */
export interface StreamReader {
  /** The events of one line (without its newline). */
  line(text: string, meta: LineMeta): readonly AgentEvent[];
  /** What remains to be said after the last line: how an open turn ended. */
  end(exit: AgentExit): readonly AgentEvent[];
}

/** An agent with its settings. */
export interface Agent {
  /** As in settings and on the command line. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  readonly capabilities: AgentCapabilities;
  readonly environment: AgentEnvironment;
  readonly detection: Detection;
  /** The command that signs its user in at its service; missing where only a key does. */
  readonly signIn?: string;
  /** Throws `bad-usage` for a prompt that cannot be handed over, `config-invalid` for settings that cannot be used. */
  command(context: AgentContext): AgentCommand;
  /** `session` is the id of the session whose prompts the output echoes. */
  reader(session?: string): StreamReader;
  /** The line or lines, each ended by a newline, that carry an input to a live duplex agent. */
  encode(input: AgentInput): string;
}

/** What settings may say about any agent (`agents.<id>.…`). */
export interface AgentOptions {
  /** The program. */
  readonly command?: string;
  /** Added to the agent's own arguments. */
  readonly args?: readonly string[];
  readonly model?: string;
  readonly permissionMode?: string;
  /** Address of the user's Ollama. */
  readonly ollama?: string;
  readonly maxRetries?: number;
  /** Names of further variables of the requester's environment. */
  readonly env?: readonly string[];
}

/** A program that comes with Coppice. */
export interface AgentProgram {
  /** A Node of version 20 or later. */
  readonly node: string;
  /** The bundle, or the program's source under a Node that strips types. */
  readonly script: string;
  /** What turns another program into Node, e.g. `ELECTRON_RUN_AS_NODE`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The programs that come with Coppice, as the agent's machine sees them. */
export interface AgentPrograms {
  /** `state`: where the demo agent keeps its conversations; made when missing. */
  readonly demo: AgentProgram & { readonly state: string };
  /** What stands between the engine and agents that speak ACP. */
  readonly acp: AgentProgram;
  /** The MCP server through which agents ask for help. */
  readonly help: AgentProgram;
}
