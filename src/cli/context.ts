import type { ParamsOf, Requests } from '../protocol/contract.ts';
import type { EngineLink } from './engine-link.ts';
import type { Exit } from './exit-codes.ts';
import type { Output } from './output.ts';
import type { Keyboard, Shell } from './shell.ts';

/** What a command gets. */
export interface Context {
  readonly shell: Shell;
  readonly out: Output;
  readonly engine: EngineLink;
  /** The repository, or a folder in it: `--repo` or the working directory. Absolute. */
  readonly path: string;
  /** True when `--repo` was given. */
  readonly pathGiven: boolean;
  /** A person at a terminal who can be asked; missing in a pipe and with `--json`. */
  readonly person?: Keyboard;
  /** Told of each session that was started or continued. */
  began(session: string): void;
  /** This shell's environment, as the engine may have it. */
  requester(): ParamsOf<Requests, 'session/create'>['requester'];
}

export type Work = (context: Context) => Promise<Exit>;

/** Runs a command's work with its context; given to each command when it is added to the program. */
export type Perform = (work: Work) => Promise<void>;
