/** The extension's side of a session panel, played: it answers at once and remembers what it was asked. */
import type { CoppiceError } from '../../../src/core/errors.ts';
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import type { PanelWire } from '../../../src/extension/panel/dispatch.ts';
import { Trimmer } from '../../../src/extension/panel/trim.ts';
import type { PanelHandlers, ResultOf } from '../../../src/protocol/webview/kinds.ts';
import type {
  Attachment,
  PanelSession,
  SessionPanelApi,
  Standing,
} from '../../../src/protocol/webview/session-panel.ts';
import { becomes } from './becomes.ts';

const can = { can: true } as const;
const not = { can: false, why: 'Not at the moment.' } as const;

/** A session that has reported, unless told. */
export function session(changes: Partial<PanelSession> = {}): PanelSession {
  return {
    id: 'a1b2c3d4',
    title: 'Add a retry with back-off to the upload client',
    status: 'reported',
    evidence: 'The agent says that it is done; nothing has checked that yet. 3 files differ from the base (+84 −12).',
    agent: 'claude-code',
    agentVersion: '2.1.329',
    model: 'claude-sonnet-4-5',
    executor: 'local',
    mode: 'autonomous',
    branch: 'feature/retry-with-back-off',
    base: 'main',
    worktree: '/home/me/app.worktrees/retry',
    createdAt: '2026-11-26T09:00:00Z',
    startedAt: '2026-11-26T09:00:01Z',
    turns: 2,
    usage: {
      inputTokens: 4213,
      outputTokens: 12_804,
      cacheReadTokens: 481_222,
      cacheWriteTokens: 20_114,
      costUsd: 0.42,
    },
    context: { tokens: 48_600, window: 200_000 },
    archived: false,
    abilities: { send: can, steer: not, stop: not, cancel: not, continue: not, diff: can },
    ...changes,
  };
}

/** The same session while its agent works. */
export function working(changes: Partial<PanelSession> = {}): PanelSession {
  const abilities = { send: can, steer: can, stop: can, cancel: can, continue: not, diff: can };
  return session({
    status: 'running',
    evidence: 'Its agent is at work: 4 messages and 6 tool calls so far.',
    abilities,
    ...changes,
  });
}

/** What the panel asked: names with parameters, in order. */
export type Asked = readonly [name: string, params: unknown];

/** Plays the extension. */
export class FakeExtension {
  readonly asked: Asked[] = [];
  session: PanelSession | undefined;
  standing: Standing = { state: 'live' };
  /** Requests that are refused, by name. */
  readonly refuse = new Map<string, CoppiceError>();
  /** Requests that are never answered. */
  readonly silent = new Set<string>();
  /** What the answers to requests wait for, by name. */
  readonly held = new Map<string, Promise<unknown>>();
  /** Whole texts by field. */
  readonly texts = new Map<string, string>();
  attachments: readonly Attachment[] = [];
  /** What becomes of a prompt. */
  sent: ResultOf<SessionPanelApi['send']> = { done: true };
  /** The highest batch that the panel said to have drawn. */
  taken = -1;
  #wire: PanelWire<SessionPanelApi> | undefined;
  #trimmer = new Trimmer(0);
  #offset = 0;
  #batch = 0;

  constructor(shown: PanelSession | undefined = session()) {
    this.session = shown;
  }

  connect(wire: PanelWire<SessionPanelApi>): void {
    this.#wire = wire;
  }

  get wire(): PanelWire<SessionPanelApi> {
    if (this.#wire === undefined) throw new Error('No page is open.');
    return this.#wire;
  }

  /** Hands events to the panel as one batch; each is a line of its own. */
  async say(events: readonly AgentEvent[], caughtUp = true): Promise<void> {
    const numbered = events.map((event) => {
      this.#offset += 100;
      return this.#trimmer.take({ offset: this.#offset, event: { ...event } });
    });
    await this.wire.notify('events', { batch: this.#batch, events: numbered, caughtUp });
    this.#batch += 1;
  }

  async become(shown: PanelSession): Promise<void> {
    this.session = shown;
    await this.wire.notify('session', shown);
  }

  /** The parameters of the last request or command of that name. */
  last(name: string): unknown {
    return this.asked.findLast(([asked]) => asked === name)?.[1];
  }

  /** Waits until the last request or command of that name has these parameters. */
  async heard(name: string, params: unknown): Promise<void> {
    await becomes(() => this.last(name), params);
  }

  /** Waits until the panel has drawn all that it was told. */
  async drawn(): Promise<void> {
    await becomes(() => this.taken, this.#batch - 1);
  }

  handlers(): PanelHandlers<SessionPanelApi> {
    const answer = async <T>(name: string, params: unknown, result: T): Promise<T> => {
      this.asked.push([name, params]);
      const refusal = this.refuse.get(name);
      if (refusal !== undefined) throw refusal;
      if (this.silent.has(name)) await new Promise(() => undefined);
      await this.held.get(name);
      return result;
    };
    const note =
      (name: string) =>
      (params: unknown): void =>
        void this.asked.push([name, params]);
    return {
      ready: (params) =>
        answer('ready', params, {
          standing: this.standing,
          ...(this.session === undefined ? {} : { session: this.session }),
        }),
      send: (params) => answer('send', params, this.sent),
      stop: (params) => answer('stop', params, {}),
      cancel: (params) => answer('cancel', params, { done: true }),
      answer: (params) => answer('answer', params, {}),
      supply: (params) => answer('supply', params, { done: true }),
      read: (params) => answer('read', params, { text: this.texts.get(params.field) ?? '' }),
      attach: (params) => answer('attach', params, { attachments: this.attachments }),
      taken: ({ batch }) => {
        this.taken = Math.max(this.taken, batch);
      },
      readAgain: note('readAgain'),
      openLink: note('openLink'),
      openFile: note('openFile'),
      openDiff: note('openDiff'),
      show: note('show'),
      copy: note('copy'),
      broke: note('broke'),
    };
  }
}
