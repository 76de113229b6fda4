/** What the list shows: one row for each thing that was said, done or decided. */
import type { AgentRequest, TurnOutcome } from '../../../src/core/agent/events.ts';
import type { Usage } from '../../../src/core/agent/usage.ts';
import type { Cut } from '../../../src/protocol/webview/session-panel.ts';

/** Where the whole of a cut text is, and how long it is. */
export interface More extends Cut {
  readonly from: number;
  readonly offset: number;
  readonly part: number;
}

interface Base {
  /** The same for as long as the conversation is shown; also the row's place. */
  readonly key: number;
  /** Number of the turn, from 1; 0 before the first. */
  readonly turn: number;
  readonly subagent?: boolean;
}

export type Row = Base &
  (
    | { readonly kind: 'turn'; readonly prompt?: number; readonly text?: string; readonly byItself?: boolean }
    | { readonly kind: 'message'; readonly text: string; readonly more?: More }
    | { readonly kind: 'thinking'; readonly text: string; readonly more?: More }
    | ToolRow
    | { readonly kind: 'notice'; readonly severity: 'info' | 'warning' | 'critical'; readonly text: string }
    | {
        readonly kind: 'retry';
        readonly attempt: number;
        readonly max?: number;
        readonly delayMs?: number;
        readonly status?: number;
        readonly error: string;
      }
    | { readonly kind: 'ask'; readonly request: Request; readonly state: 'open' | 'answered' | 'withdrawn' }
    | {
        readonly kind: 'end';
        readonly outcome: TurnOutcome;
        readonly reason: string;
        readonly usage: Usage;
        readonly denials: number;
        readonly retryAfterS?: number;
      }
    | { readonly kind: 'unread'; readonly count: number; readonly sample: string }
  );

type Request = Pick<AgentRequest, 'id' | 'kind' | 'title' | 'detail' | 'tool'>;

/** A call of a tool, with its result once there is one. */
export interface ToolRow extends Base {
  readonly kind: 'tool';
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** `lost`: the turn ended and no result came. */
  readonly state: 'running' | 'ok' | 'failed' | 'denied' | 'lost';
  readonly output?: string;
  readonly more: readonly More[];
}

/** A row without what the list gives it. */
export type NewRow = Row extends infer R ? (R extends Row ? Omit<R, 'key' | 'turn'> : never) : never;
