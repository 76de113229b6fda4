/** What the session panel and the extension say to each other. */
import type { AgentEvent } from '../../core/agent/events.ts';
import type { Usage } from '../../core/agent/usage.ts';
import type { Status } from '../../core/session/state.ts';
import type { BreakpointView } from '../schemas.ts';
import { command, notification, request, type Refusal } from './kinds.ts';

/** Whether an action can be taken at present; if not, why, in a sentence for a person. */
export type Ability = { readonly can: true } | { readonly can: false; readonly why: string };

/** What the header and the prompt box show of a session. Times are ISO 8601; all texts are for people, in their language. */
export interface PanelSession {
  readonly id: string;
  readonly title: string;
  readonly status: Status;
  /** What the status rests on, in a sentence. */
  readonly evidence: string;
  /** What a person can do about it, if something. */
  readonly next?: string;
  readonly agent: string;
  readonly agentVersion?: string;
  readonly model?: string;
  readonly executor: string;
  readonly mode: string;
  readonly branch?: string;
  readonly base?: string;
  readonly worktree?: string;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly turns: number;
  readonly usage: Usage;
  /** Tokens of the conversation that the model has before it, and how many fit; as the agent reported them. */
  readonly context?: { readonly tokens: number; readonly window?: number };
  readonly archived: boolean;
  /** Why part of the output is missing. */
  readonly incomplete?: string;
  readonly abilities: {
    readonly send: Ability;
    readonly steer: Ability;
    readonly stop: Ability;
    readonly cancel: Ability;
    readonly continue: Ability;
    readonly diff: Ability;
  };
}

/** Whether what is shown is what is: the engine is there, is looked for, or knows no such session. */
export type Standing =
  | { readonly state: 'live' }
  | { readonly state: 'away'; readonly message: string; readonly next: string }
  | { readonly state: 'gone'; readonly message: string; readonly next: string };

/** A prompt that was given to the session. Numbers start at 1; the time is ISO 8601. */
export interface PanelPrompt {
  readonly n: number;
  readonly text: string;
  readonly at?: string;
}

/** A turn as the engine remembers it. */
export interface PanelTurn {
  readonly n: number;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** The beginning of its prompt, on one line. */
  readonly about?: string;
}

/** A text of an event that was cut: the field's name (`text`, `output`, or `input.` and a key) and its whole length in characters. */
export interface Cut {
  readonly field: string;
  readonly length: number;
}

/**
 * An event of the conversation, its long texts cut. `offset` is the byte of the stream at which its line ends, `part` its place
 * among the events of that line, and `from` a byte at which a line begins that is not behind it.
 */
export interface PanelEvent {
  readonly offset: number;
  readonly part: number;
  readonly from: number;
  readonly event: AgentEvent;
  readonly cuts?: readonly Cut[];
}

/** A file that the session changed, its path relative to the worktree. Counts are absent where they are not known. */
export interface PanelFile {
  readonly path: string;
  readonly change: 'added' | 'modified' | 'deleted' | 'renamed' | 'unknown';
  readonly from?: string;
  readonly insertions?: number;
  readonly deletions?: number;
}

/** A file of the worktree, or lines of it, that a prompt refers to. Lines start at 1. */
export interface Attachment {
  readonly path: string;
  readonly lines?: { readonly from: number; readonly to: number };
}

/** The choices at a breakpoint (see `Answer` in the core). */
export interface PanelAnswer {
  readonly choice: 'allow' | 'deny' | 'answer' | 'abort' | 'hand-over' | 'put-back';
  readonly reason?: string;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly answers?: Readonly<Record<string, string>>;
}

export type Region = 'header' | 'conversation' | 'decision' | 'files' | 'prompt';
export type ShownElsewhere = 'terminal' | 'worktree' | 'log' | 'tree';

/** The one contract of the session panel. */
export const SessionPanelApi = {
  /** The page is there and wants everything that follows. */
  ready: request<Record<string, never>, { readonly session?: PanelSession; readonly standing: Standing }>(),
  /**
   * Gives a prompt, after the extension has asked what it needs a yes to; not `done` where that was left. Resolves to a sentence
   * when there is something to know, e.g. that it waits in line.
   */
  send: request<
    { readonly text: string; readonly attachments: readonly Attachment[]; readonly steer: boolean },
    { readonly done: boolean; readonly note?: string }
  >(),
  /** Stops the turn and keeps the session. */
  stop: request<Record<string, never>, Record<string, never>>(),
  /** Ends the session, after the extension has asked. */
  cancel: request<Record<string, never>, { readonly done: boolean }>(),
  answer: request<{ readonly breakpoint: string; readonly answer: PanelAnswer }, Record<string, never>>(),
  /** Lets the extension ask for the missing secrets; their values never pass through a panel. */
  supply: request<{ readonly breakpoint: string }, { readonly done: boolean }>(),
  /** The whole of a text that was cut. */
  read: request<
    { readonly from: number; readonly offset: number; readonly part: number; readonly field: string },
    { readonly text: string }
  >(),
  attach: request<{ readonly what: 'file' | 'selection' }, { readonly attachments: readonly Attachment[] }>(),

  /** That many batches of events were shown: the next may come. */
  taken: command<{ readonly batch: number }>(),
  /** The conversation that could not be read is to be read again at once. */
  readAgain: command<Record<string, never>>(),
  openLink: command<{ readonly href: string }>(),
  openFile: command<{ readonly path: string; readonly line?: number }>(),
  /** Shows what the session changed in one file, or in all. */
  openDiff: command<{ readonly path?: string }>(),
  show: command<{ readonly what: ShownElsewhere }>(),
  copy: command<{ readonly text: string }>(),
  /** Something in the page broke; the extension logs it. */
  broke: command<{ readonly what: string }>(),

  session: notification<PanelSession>(),
  standing: notification<Standing>(),
  needs: notification<readonly BreakpointView[]>(),
  /** Prompts that are known beside the conversation, and when turns were. */
  prompts: notification<{ readonly prompts: readonly PanelPrompt[]; readonly turns: readonly PanelTurn[] }>(),
  /**
   * The next events of the conversation. `batch` counts up; the first of a conversation is 0 and throws away what was before.
   * `caughtUp`: everything that was there is here.
   */
  events: notification<{
    readonly batch: number;
    readonly events: readonly PanelEvent[];
    readonly caughtUp: boolean;
  }>(),
  /** Why nothing more comes of the conversation; without a `problem` it is read again. */
  unread: notification<{ readonly problem?: Refusal }>(),
  files: notification<readonly PanelFile[]>(),
  attached: notification<readonly Attachment[]>(),
  focus: notification<{ readonly region: Region }>(),
} as const;
export type SessionPanelApi = typeof SessionPanelApi;
