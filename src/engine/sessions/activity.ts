import type { AgentEvent } from '../../core/agent/events.ts';

/** Something the agent or its reader had to say beside the conversation, plain text. */
export interface Notice {
  readonly severity: 'info' | 'warning' | 'critical';
  readonly text: string;
}

/** What a person sees of a run beside its conversation. Derived from the stream, so it is counted again after a restart. */
export interface ActivityView {
  readonly messages: number;
  readonly tools: Readonly<Record<string, number>>;
  readonly lastMessage?: string;
  /** Milliseconds since 1970. */
  readonly lastAt?: number;
  readonly notices: readonly Notice[];
  /** Why part of the output is missing. */
  readonly incomplete?: string;
}

const noticeLimit = 20;
const messageLimit = 500;

/** Counts what a run does. */
export class Activity {
  /** Background jobs of the agent that are at work. */
  background = 0;
  /** Lines that could not be read since the last prompt was seen. */
  malformed = 0;
  #messages = 0;
  #unrecognised = 0;
  #lastMessage: string | undefined;
  #lastAt: number | undefined;
  #incomplete: string | undefined;
  readonly #tools = new Map<string, number>();
  readonly #notices: Notice[] = [];

  /** When the agent last said anything, in milliseconds since 1970. */
  get lastAt(): number | undefined {
    return this.#lastAt;
  }

  note(event: AgentEvent, at: number): void {
    this.#lastAt = at;
    switch (event.kind) {
      case 'message':
        this.#messages += 1;
        if (event.thinking !== true) this.#lastMessage = event.text.slice(0, messageLimit);
        return;
      case 'tool-started':
        this.#tools.set(event.name, (this.#tools.get(event.name) ?? 0) + 1);
        return;
      case 'prompt-seen':
        this.malformed = 0;
        return;
      case 'background':
        this.background = event.tasks;
        return;
      case 'notice':
        this.warn(event.severity, event.text);
        return;
      case 'retrying':
        this.warn('warning', `The model's service did not answer (${event.error}); try ${event.attempt} follows.`);
        return;
      case 'malformed':
        this.malformed += 1;
        this.warn('warning', `A line of output could not be read: ${event.reason}`);
        return;
      case 'unrecognised':
        this.#unrecognised += 1;
        return;
      default:
        return;
    }
  }

  warn(severity: Notice['severity'], text: string): void {
    if (this.#notices.some((notice) => notice.text === text)) return;
    this.#notices.push({ severity, text });
    if (this.#notices.length > noticeLimit) this.#notices.shift();
  }

  markIncomplete(why: string): void {
    this.#incomplete = why;
  }

  view(): ActivityView {
    const unread = this.#unrecognised;
    const notices: readonly Notice[] =
      unread === 0
        ? this.#notices
        : [...this.#notices, { severity: 'info', text: `${unread} events of kinds that this version does not know.` }];
    return {
      messages: this.#messages,
      tools: Object.fromEntries(this.#tools),
      ...(this.#lastMessage === undefined ? {} : { lastMessage: this.#lastMessage }),
      ...(this.#lastAt === undefined ? {} : { lastAt: this.#lastAt }),
      notices: [...notices],
      ...(this.#incomplete === undefined ? {} : { incomplete: this.#incomplete }),
    };
  }
}
