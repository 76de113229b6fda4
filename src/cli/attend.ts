import { isCoppiceError } from '../core/errors.ts';
import type { BreakpointView, SessionDetail, StreamEventView } from '../protocol/schemas.ts';
import { askPerson } from './ask-person.ts';
import type { Context } from './context.ts';
import { displayFor, type Display } from './display.ts';
import { exitOf, exits, type Exit } from './exit-codes.ts';
import { follow, type Follower } from './follow.ts';
import { answerOnce } from './insist.ts';

/** Within this time a second Ctrl-C cancels the session instead of leaving it to itself. */
const secondPressMs = 2_000;
/** How long a session's state may be unknown before a shell without a person gives it to one. */
const doubtMs = 60_000;

/** Pauses before a push that is under way is looked at again: about two seconds in all, and next to nothing where there is no remote. */
const pushLooksMs: readonly number[] = [20, 40, 80, 160, 300, 400, 500, 500];

/** How following a session came out for the shell. */
export interface Attended {
  readonly exit: Exit;
  /** Byte of the stream up to which events were shown. */
  readonly offset: number;
  /** True when the work has ended; false when the session was left to itself or waits for a person. */
  readonly ended: boolean;
}

/**
 * Follows a session until its work has ended: shows what happens and lets a person at the terminal answer. `from`: byte of
 * the stream from which events are shown.
 */
export async function attend(context: Context, session: string, from = 0): Promise<Attended> {
  return new Attendance(context, session, from).run();
}

/** A session that never began its work was refused for the reason that its error names. */
export function exitOfSession({ status, turns, error }: SessionDetail): Exit {
  if (status === 'reported' || status === 'verified' || status === 'accepted' || status === 'landed') return exits.done;
  return status === 'failed' && turns === 0 && error !== undefined ? exitOf(error.code) : exits.failed;
}

type Leaving = 'detached' | 'put-off' | 'needs-you' | 'in-doubt';

class Attendance implements Follower {
  readonly #context: Context;
  readonly #session: string;
  readonly #display: Display;
  readonly #leave = new AbortController();
  readonly #answered = new Set<string>();
  #leaving: Leaving | undefined;
  #failure: { readonly error: unknown } | undefined;
  #detail: SessionDetail | undefined;
  #offset: number;
  #asking: { readonly breakpoint: string; readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  #presses = 0;
  #pressWait = new AbortController();
  #doubtWait: AbortController | undefined;

  constructor(context: Context, session: string, from: number) {
    this.#context = context;
    this.#session = session;
    this.#offset = from;
    this.#display = displayFor(context.out, context.shell);
  }

  async run(): Promise<Attended> {
    const { shell, out } = this.#context;
    const quiet = shell.onInterrupt(() => this.#pressed());
    try {
      const target = { session: this.#session, from: this.#offset, signal: this.#leave.signal };
      const detail = await follow(this.#context, target, this);
      this.#asking?.abort.abort();
      await this.#asking?.done;
      if (this.#failure !== undefined) throw this.#failure.error;
      const exit = await this.#conclude(detail);
      return { exit, offset: this.#offset, ended: detail !== undefined };
    } finally {
      quiet();
      this.#pressWait.abort();
      this.#doubtWait?.abort();
      out.progress(undefined);
    }
  }

  event(seen: StreamEventView): void {
    this.#offset = Math.max(this.#offset, seen.offset);
    this.#display.event(this.#session, seen);
  }

  changed(detail: SessionDetail): void {
    this.#detail = detail;
    this.#display.changed(detail);
    this.#mindDoubt(detail);
    const open = detail.needs.find((each) => !this.#answered.has(each.id));
    if (this.#asking !== undefined && !detail.needs.some((each) => each.id === this.#asking?.breakpoint)) {
      this.#asking.abort.abort();
    }
    if (open === undefined) return;
    if (this.#context.person === undefined) this.#goAway('needs-you');
    else if (this.#asking === undefined && this.#presses === 0) this.#ask(detail, open);
  }

  lost(): void {
    this.#display.lost(this.#session);
  }

  #goAway(leaving: Leaving): void {
    this.#leaving ??= leaving;
    this.#leave.abort();
  }

  /** The first Ctrl-C leaves the session to itself after a moment, a second one in that moment cancels it, a third one goes at once. */
  #pressed(): void {
    this.#presses += 1;
    const { out, engine } = this.#context;
    if (this.#presses === 1) {
      out.note(`Leaving the session to itself. Press Ctrl-C again within ${secondPressMs / 1000} s to cancel it.`);
      this.#after(secondPressMs, this.#pressWait.signal, 'detached');
      return;
    }
    this.#pressWait.abort();
    if (this.#presses > 2) {
      this.#goAway('detached');
      return;
    }
    out.note('Cancelling the session …');
    engine
      .request('session/cancel', { session: this.#session, reason: 'cancelled at the terminal' })
      .catch((error: unknown) => {
        // It may have ended by itself in the meantime.
        if (!isCoppiceError(error, 'wrong-state')) this.#fail(error);
      });
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#leave.abort();
  }

  #mindDoubt({ status }: SessionDetail): void {
    if (status === 'unknown' && this.#context.person === undefined) {
      if (this.#doubtWait !== undefined) return;
      this.#doubtWait = new AbortController();
      this.#after(doubtMs, this.#doubtWait.signal, 'in-doubt');
      return;
    }
    this.#doubtWait?.abort();
    this.#doubtWait = undefined;
  }

  /** Leaves after a while, unless `signal` is aborted before. */
  #after(ms: number, signal: AbortSignal, leaving: Leaving): void {
    this.#context.shell
      .sleep(ms, signal)
      .then(() => {
        if (!signal.aborted) this.#goAway(leaving);
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #ask(detail: SessionDetail, breakpoint: BreakpointView): void {
    const abort = new AbortController();
    const done = this.#askAndAnswer(detail, breakpoint, abort.signal)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#asking = undefined;
        if (this.#detail !== undefined && !this.#leave.signal.aborted) this.changed(this.#detail);
      });
    this.#asking = { breakpoint: breakpoint.id, abort, done };
  }

  async #askAndAnswer(detail: SessionDetail, breakpoint: BreakpointView, signal: AbortSignal): Promise<void> {
    const { out } = this.#context;
    this.#display.needs(detail, breakpoint, false);
    const release = out.hold();
    try {
      const given = await askPerson(this.#context, breakpoint, signal);
      if (given === undefined) {
        if (!signal.aborted) this.#goAway('put-off');
        return;
      }
      this.#answered.add(breakpoint.id);
      await answerOnce(this.#context, { session: this.#session, breakpoint: breakpoint.id, ...given });
    } catch (error) {
      if (!isCoppiceError(error, 'wrong-state')) throw error;
      out.note(error.message);
    } finally {
      release();
    }
  }

  /**
   * The work has ended, and its branch may be on its way to a remote. How that ended is told, too, if it does not take long.
   * Gives the session as it was seen last: an engine that is gone by now takes nothing from work that is done, and is not
   * started for this.
   */
  async #pushed(detail: SessionDetail): Promise<SessionDetail> {
    const { engine, shell, out } = this.#context;
    let last = detail;
    try {
      for (let at = 0; last.pushing === true && at < pushLooksMs.length; at += 1) {
        await shell.sleep(pushLooksMs[at] ?? 0);
        const connection = await engine.open({ launch: false });
        last = await connection.request('session/show', { session: this.#session });
        this.#display.changed(last);
      }
    } catch {
      // What is not known of the push is said below.
    }
    if (last.pushing === true) {
      out.note(`Its branch was still being pushed; how that ended is told by: coppice session show ${this.#session}`);
    }
    return last;
  }

  async #conclude(detail: SessionDetail | undefined): Promise<Exit> {
    if (detail !== undefined) {
      const last = await this.#pushed(detail);
      const exit = exitOfSession(last);
      this.#display.ended(last, exit);
      return exit;
    }
    const { out } = this.#context;
    const id = this.#session;
    switch (this.#leaving) {
      case 'needs-you':
      case 'in-doubt':
        return this.#handOver();
      case 'put-off':
        out.note(`Session ${id} waits for your answer. Give it later with: coppice session answer ${id}`);
        return exits.done;
      case 'detached':
      case undefined:
        out.note(`Session ${id} goes on by itself. Come back with: coppice session attach ${id}`);
        return exits.done;
    }
  }

  /** Nobody is here to decide: says what is asked and leaves the session waiting. */
  async #handOver(): Promise<Exit> {
    const { engine } = this.#context;
    // What the agent printed before it asked may arrive after the news that it asks.
    const { events } = await engine.request('session/logs', { session: this.#session, from: this.#offset });
    for (const seen of events) this.event(seen);
    if (this.#leaving === 'in-doubt' && this.#detail !== undefined) this.#display.inDoubt(this.#detail);
    const open = this.#detail?.needs[0];
    if (this.#detail !== undefined && open !== undefined) this.#display.needs(this.#detail, open, true);
    return exits.needsYou;
  }
}
