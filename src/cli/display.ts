import type { BreakpointView, SessionDetail, StreamEventView } from '../protocol/schemas.ts';
import { agentLines } from './agent-lines.ts';
import { breakpointLines, howToAnswer } from './breakpoint-lines.ts';
import type { Exit } from './exit-codes.ts';
import type { Output } from './output.ts';
import type { Shell } from './shell.ts';
import {
  changesText,
  durationText,
  pushText,
  workedMs,
  sessionRow,
  statusColour,
  statusText,
  usageText,
  nextLines,
} from './session-lines.ts';
import { text, type Text } from './text.ts';

/** Shows a session that is being followed. */
export interface Display {
  event(session: string, seen: StreamEventView): void;
  /** Also called when nothing that is shown has changed. */
  changed(detail: SessionDetail): void;
  lost(session: string): void;
  /** The session waits for a person. `alone`: nobody is there to answer, so it is said how to. */
  needs(detail: SessionDetail, breakpoint: BreakpointView, alone: boolean): void;
  /** Nobody can tell how the session stands, and nobody is there to find out. */
  inDoubt(detail: SessionDetail): void;
  ended(detail: SessionDetail, exit: Exit): void;
}

/** The display for the style of the output: JSON lines for programs, else text for people. */
export function displayFor(out: Output, shell: Shell): Display {
  return out.style === 'json' ? new JsonDisplay(out) : new TextDisplay(out, shell);
}

class JsonDisplay implements Display {
  readonly #out: Output;
  #state = '';

  constructor(out: Output) {
    this.#out = out;
  }

  event(session: string, { offset, event }: StreamEventView): void {
    this.#out.json({ type: 'event', session, offset, event });
  }

  changed(detail: SessionDetail): void {
    const { status, position, worktree, branch } = detail;
    const state = JSON.stringify([status, position, worktree, branch]);
    if (state === this.#state) return;
    this.#state = state;
    this.#out.json({ type: 'session', ...sessionRow(detail) });
  }

  lost(session: string): void {
    this.#out.json({ type: 'engine-lost', session });
  }

  needs(detail: SessionDetail, breakpoint: BreakpointView): void {
    this.#out.json({ type: 'needs-you', session: detail.id, breakpoint, answer: howToAnswer(detail, breakpoint) });
  }

  inDoubt({ id, doubt }: SessionDetail): void {
    this.#out.json({ type: 'in-doubt', session: id, doubt });
  }

  ended(detail: SessionDetail, exit: Exit): void {
    const { changes, text: words, error, lastTurn, pushed } = detail;
    this.#out.json({ type: 'result', ...sessionRow(detail), changes, text: words, lastTurn, pushed, error, exit });
  }
}

class TextDisplay implements Display {
  readonly #out: Output;
  readonly #shell: Shell;
  #state = '';
  #worktree: string | null = null;
  #push = '';

  constructor(out: Output, shell: Shell) {
    this.#out = out;
    this.#shell = shell;
  }

  event(_session: string, { event }: StreamEventView): void {
    // What is asked is shown with its evidence, by `needs`.
    if (event.kind === 'asked') return;
    for (const line of agentLines(event, this.#out.paint)) this.#out.line(line);
  }

  changed(detail: SessionDetail): void {
    this.#out.progress(() => this.#progress(detail));
    if (detail.worktree !== null && detail.worktree !== this.#worktree) {
      this.#worktree = detail.worktree;
      this.#out.line(
        this.#out.paint.dim(
          text`worktree: ${detail.worktree}${detail.branch === null ? '' : ` (branch ${detail.branch})`}`,
        ),
      );
    }
    const push = pushText(detail);
    if (push !== '' && push !== this.#push) this.#out.line(this.#out.paint.dim(text`push: ${push}`));
    this.#push = push;
    const state = JSON.stringify([detail.status, detail.position]);
    if (state === this.#state) return;
    this.#state = state;
    // On a terminal the status line says it; what a person may have to act on stays.
    if (this.#out.style === 'plain' || detail.status === 'paused' || detail.status === 'unknown') {
      this.#out.line(this.#statusLine(detail));
    }
  }

  lost(): void {
    this.#out.note('The engine went away; looking for it …');
  }

  needs(detail: SessionDetail, breakpoint: BreakpointView, alone: boolean): void {
    this.#out.progress(undefined);
    if (!alone) {
      for (const line of breakpointLines(breakpoint, this.#out.paint)) this.#out.line(line);
      return;
    }
    const lines = breakpointLines(breakpoint, this.#out.paint);
    this.#out.note(`Session ${detail.id} needs you, and nobody is at the terminal. It is kept and waits.`);
    for (const line of lines) this.#out.note(line);
    this.#out.note('Answer with one of:');
    for (const how of howToAnswer(detail, breakpoint)) this.#out.note(`  ${how}`);
    this.#out.note(`  coppice session attach ${detail.id}    (on a terminal)`);
  }

  inDoubt({ id, doubt = 'its agent does not answer' }: SessionDetail): void {
    this.#out.note(text`The state of session ${id} cannot be told: ${doubt}`);
    this.#out.note(`Look at it with: coppice session show ${id}`);
  }

  ended(detail: SessionDetail): void {
    this.#out.progress(undefined);
    const { paint } = this.#out;
    const facts = [changesText(detail), durationText(workedMs(detail, this.#shell.now())), usageText(detail.usage)];
    const colour = statusColour(detail.status, paint);
    this.#out.line(text`${colour(paint.bold(detail.status))}: ${facts.filter((fact) => fact !== '').join(' · ')}`);
    for (const remark of detail.changes?.remarks ?? []) this.#out.note(remark);
    if (detail.error === undefined) return;
    this.#out.note(text`${detail.error.message}`);
    for (const line of nextLines(detail)) this.#out.note(line);
  }

  #statusLine(detail: SessionDetail): Text {
    const why = detail.waiting ?? detail.doubt;
    return text`status: ${statusText(detail, this.#out.paint)}${why === undefined ? '' : `  ${why}`}`;
  }

  #progress(detail: SessionDetail): string {
    const worked = workedMs(detail, this.#shell.now());
    const tools = Object.values(detail.activity?.tools ?? {}).reduce((sum, count) => sum + count, 0);
    const facts = [
      detail.position === undefined ? detail.status : `queued, place ${detail.position}`,
      detail.agent,
      worked === 0 ? '' : durationText(worked),
      tools === 0 ? '' : `${tools} ${tools === 1 ? 'tool use' : 'tool uses'}`,
      usageText(detail.usage),
      'Ctrl-C leaves it to itself',
    ];
    return facts.filter((fact) => fact !== '').join(' · ');
  }
}
