/** How the sessions below one stand: a session that started others is the plan of which they are the tasks. Pure. */
import * as l10n from '@vscode/l10n';
import type { SessionView } from '../../protocol/schemas.ts';
import { isSettled } from '../../protocol/session-status.ts';
import { joined } from './joined.ts';
import { isAtWork, type Status } from './status-look.ts';

/** All sessions below one, at whatever depth. */
export interface Below {
  readonly total: number;
  /** Those whose work is there: reported, verified, accepted or landed. */
  readonly done: number;
  readonly needsYou: number;
  readonly failed: number;
}

/** Where a session stands among its like: what is at work or waits for a person first, then the line, then what has ended. */
export type Rank = 0 | 1 | 2;

const done: ReadonlySet<Status> = new Set(['reported', 'verified', 'accepted', 'landed']);
const failed: ReadonlySet<Status> = new Set(['failed', 'interrupted', 'unknown']);
const none: Below = { total: 0, done: 0, needsYou: 0, failed: 0 };

/** What is known of the subtree of each session. */
export class Subtrees {
  readonly #below = new Map<string, Below>();
  readonly #ranks = new Map<string, Rank>();

  /** @param above the session that another is shown below, if any */
  constructor(sessions: readonly SessionView[], above: (session: SessionView) => SessionView | undefined) {
    for (const session of sessions) {
      const rank = ownRank(session);
      this.#lift(session.id, rank);
      const seen = new Set([session.id]);
      for (let each = above(session); each !== undefined && !seen.has(each.id); each = above(each)) {
        seen.add(each.id);
        this.#lift(each.id, rank);
        this.#below.set(each.id, withOne(this.below(each.id) ?? none, session));
      }
    }
  }

  /** The sessions below one; undefined where there are none. */
  below(id: string): Below | undefined {
    return this.#below.get(id);
  }

  /** A plan is at work as long as one of its sessions is. */
  rank(id: string): Rank {
    return this.#ranks.get(id) ?? 2;
  }

  #lift(id: string, rank: Rank): void {
    if (rank < (this.#ranks.get(id) ?? 3)) this.#ranks.set(id, rank);
  }
}

function withOne({ total, ...counts }: Below, { status }: SessionView): Below {
  return {
    total: total + 1,
    done: counts.done + (done.has(status) ? 1 : 0),
    needsYou: counts.needsYou + (status === 'needs-you' ? 1 : 0),
    failed: counts.failed + (failed.has(status) ? 1 : 0),
  };
}

function ownRank(session: SessionView): Rank {
  if (isAtWork(session)) return 0;
  return isSettled(session) ? 2 : 1;
}

/** `2 of 5 done · 1 needs you`: the sessions below one in a few words. */
export function belowText(below: Below | undefined): string {
  if (below === undefined) return '';
  const { total, needsYou } = below;
  return joined(
    l10n.t('{0} of {1} done', below.done, total),
    needsYou === 0 ? '' : needsYou === 1 ? l10n.t('1 needs you') : l10n.t('{0} need you', needsYou),
    below.failed === 0 ? '' : l10n.t('{0} failed', below.failed),
  );
}

/** Whether two are the same in words. */
export function sameBelow(a: Below | undefined, b: Below | undefined): boolean {
  return belowText(a) === belowText(b);
}
