import type { ErrorRecord } from '../errors.ts';
import type { InputPurpose } from '../session/events.ts';

/** An effect that was announced in the journal and whose outcome is not there yet. After a restart it is probed, never blindly repeated. */
export interface Intent {
  readonly id: string;
  readonly session: string;
  readonly openedAt: number;
  readonly effect: Effect;
}

export type Effect =
  | {
      readonly kind: 'worktree';
      readonly slug: string;
      readonly branch: string;
      readonly path: string;
      readonly take: boolean;
    }
  | {
      readonly kind: 'spawn';
      readonly run: number;
      readonly offset: number;
      readonly errorOffset?: number;
      readonly agentSession?: string;
    }
  | { readonly kind: 'input'; readonly run: number; readonly input: number; readonly what: InputPurpose }
  /** Sets `refs/coppice/<session>/<n>`. */
  | { readonly kind: 'checkpoint'; readonly n: number }
  /** `turn`: after which it is made; absent at the end of the work. */
  | { readonly kind: 'commit'; readonly parent?: string; readonly turn?: number }
  /** A command of the project judges a tree; its processes carry the intent's id as their mark. */
  | { readonly kind: 'gate'; readonly tree: string; readonly command: readonly string[] }
  | { readonly kind: 'removal'; readonly path: string }
  | { readonly kind: 'return'; readonly path: string }
  /** A branch is moved, and the files of the checkout that is on it; the intent is the landing's. */
  | {
      readonly kind: 'landing';
      readonly ref: string;
      readonly from: string;
      readonly to: string;
      readonly checkout: Checkout | null;
    };

/** A checkout by its top folder and its own git directory. */
export interface Checkout {
  readonly path: string;
  readonly admin: string;
}

/**
 * Data of the events by which intents begin and fail. One that succeeds is closed by the event of its outcome, which
 * names it.
 */
export interface IntentEvents {
  'intent.opened': { intent: string; session: string; effect: Effect };
  /** The effect did not happen and will not be tried again under this key. */
  'intent.failed': { intent: string; session: string; error: ErrorRecord };
}
