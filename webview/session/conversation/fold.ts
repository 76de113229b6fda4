/** Turns the events of a stream into rows. Rows are never changed, only replaced, so that what did not change is not drawn again. */
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import type { PanelEvent } from '../../../src/protocol/webview/session-panel.ts';
import type { More, NewRow, Row, ToolRow } from './rows.ts';

type Event<K extends AgentEvent['kind']> = Extract<AgentEvent, { kind: K }>;

/** The conversation as it is known so far. */
export class Conversation {
  readonly rows: Row[] = [];
  /** Numbers of the prompts that the agent was seen to take. */
  readonly seen = new Set<number>();
  /** Paths that tools said to have changed, in the order in which they were first named. */
  readonly touched = new Set<string>();
  #turn = 0;
  #open = false;
  readonly #running = new Map<string, number>();
  readonly #asks = new Map<string, number>();

  /** Takes what came next. Returns the first row that is another one than before, or the number of rows if none is. */
  append(events: readonly PanelEvent[]): number {
    let first = this.rows.length;
    for (const each of events) first = Math.min(first, this.#take(each));
    return first;
  }

  /** The last row of a kind, if there is one. */
  last<K extends Row['kind']>(kind: K): Extract<Row, { kind: K }> | undefined {
    return this.rows.findLast((row): row is Extract<Row, { kind: K }> => row.kind === kind);
  }

  #take(each: PanelEvent): number {
    const { event } = each;
    switch (event.kind) {
      case 'prompt-seen':
        return this.#begin(event);
      case 'message':
        return this.#said(event, each);
      case 'tool-started':
        return this.#started(event, each);
      case 'tool-ended':
        return this.#ended(event, each);
      case 'asked':
        return this.#asked(event);
      case 'answer-seen':
        return this.#settle(event.request, 'answered');
      case 'ask-withdrawn':
        return this.#settle(event.request, 'withdrawn');
      case 'turn-ended':
        return this.#close(event);
      default:
        return this.#remark(event);
    }
  }

  #remark(event: Exclude<AgentEvent, { kind: 'prompt-seen' | 'message' | 'turn-ended' }>): number {
    switch (event.kind) {
      case 'notice':
        return this.#push({ kind: 'notice', severity: event.severity, text: event.text });
      case 'retrying':
        return this.#retrying(event);
      case 'unrecognised':
        return this.#unread(event.what);
      case 'malformed':
        return this.#unread(event.reason);
      default:
        return this.rows.length; // nothing to be shown
    }
  }

  #begin({ input, text }: Event<'prompt-seen'>): number {
    const prompt = promptNumber(input) ?? this.#nextPrompt();
    this.seen.add(prompt);
    return this.#turnRow({ kind: 'turn', prompt, ...(text === undefined ? {} : { text }) });
  }

  /** Agents that do not echo their prompts are given them one after the other. */
  #nextPrompt(): number {
    let n = 1;
    while (this.seen.has(n)) n += 1;
    return n;
  }

  #turnRow(row: NewRow): number {
    this.#turn += 1;
    this.#open = true;
    const lost = this.#lose();
    return Math.min(lost, this.#push(row));
  }

  /** What is said outside of a turn begins one. */
  #within(): number {
    if (this.#open) return this.rows.length;
    if (this.#turn > 0) return this.#turnRow({ kind: 'turn', byItself: true });
    const prompt = this.#nextPrompt();
    this.seen.add(prompt);
    return this.#turnRow({ kind: 'turn', prompt });
  }

  #said({ text, thinking, subagent }: Event<'message'>, at: PanelEvent): number {
    if (text.trim() === '') return this.rows.length;
    const first = this.#within();
    const more = moreOf(at, 'text');
    this.#push({
      kind: thinking === true ? 'thinking' : 'message',
      text,
      ...(more === undefined ? {} : { more }),
      ...(subagent === true ? { subagent } : {}),
    });
    return first;
  }

  #started({ id, name, input, subagent }: Event<'tool-started'>, at: PanelEvent): number {
    const first = this.#within();
    this.#running.set(id, this.rows.length);
    const more = (at.cuts ?? []).map((cut) => ({ ...cut, from: at.from, offset: at.offset, part: at.part }));
    this.#push({ kind: 'tool', id, name, input, state: 'running', more, ...(subagent === true ? { subagent } : {}) });
    return first;
  }

  #ended({ id, ok, denied, output }: Event<'tool-ended'>, at: PanelEvent): number {
    const index = this.#running.get(id);
    const row = index === undefined ? undefined : this.rows[index];
    if (index === undefined || row?.kind !== 'tool') return this.rows.length;
    this.#running.delete(id);
    const state = denied === true ? 'denied' : ok ? 'ok' : 'failed';
    const more = moreOf(at, 'output');
    const ended: ToolRow = { ...row, state, output, more: more === undefined ? row.more : [...row.more, more] };
    if (state === 'ok') for (const path of changedBy(ended)) this.touched.add(path);
    this.rows[index] = ended;
    return index;
  }

  #asked({ request }: Event<'asked'>): number {
    const known = this.#asks.get(request.id);
    if (known !== undefined) return this.rows.length;
    const first = this.#within();
    this.#asks.set(request.id, this.rows.length);
    this.#push({ kind: 'ask', request, state: 'open' });
    return first;
  }

  #settle(id: string, state: 'answered' | 'withdrawn'): number {
    const index = this.#asks.get(id);
    const row = index === undefined ? undefined : this.rows[index];
    if (index === undefined || row?.kind !== 'ask' || row.state !== 'open') return this.rows.length;
    this.rows[index] = { ...row, state };
    return index;
  }

  #retrying({ kind: _, ...retry }: Event<'retrying'>): number {
    const first = this.#within();
    const last = this.rows.at(-1);
    // One line that counts, not one line for each try.
    if (last?.kind !== 'retry') {
      this.#push({ kind: 'retry', ...retry });
      return first;
    }
    this.rows[last.key] = { key: last.key, turn: last.turn, kind: 'retry', ...retry };
    return last.key;
  }

  #unread(sample: string): number {
    const last = this.rows.at(-1);
    if (last?.kind !== 'unread') return this.#push({ kind: 'unread', count: 1, sample });
    this.rows[last.key] = { ...last, count: last.count + 1 };
    return last.key;
  }

  #close({ outcome, reason, usage, denials, retryAfterS }: Event<'turn-ended'>): number {
    const first = Math.min(this.#within(), this.#lose());
    this.#open = false;
    const again = retryAfterS === undefined ? {} : { retryAfterS };
    this.#push({ kind: 'end', outcome, reason, usage, denials, ...again });
    return first;
  }

  /** Calls without a result get none any more, and questions no answer. */
  #lose(): number {
    let first = this.rows.length;
    for (const index of this.#running.values()) {
      const row = this.rows[index];
      if (row?.kind !== 'tool') continue;
      this.rows[index] = { ...row, state: 'lost' };
      first = Math.min(first, index);
    }
    this.#running.clear();
    for (const id of this.#asks.keys()) first = Math.min(first, this.#settle(id, 'withdrawn'));
    this.#asks.clear();
    return first;
  }

  #push(row: NewRow): number {
    const key = this.rows.length;
    this.rows.push({ ...row, key, turn: this.#turn });
    return key;
  }
}

/** A prompt's number at the end of the key under which it was sent. */
function promptNumber(input: string | undefined): number | undefined {
  const number = Number(/:(\d+)$/.exec(input ?? '')?.[1]);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

function moreOf({ cuts, from, offset, part }: PanelEvent, field: string): More | undefined {
  const cut = cuts?.find((each) => each.field === field);
  return cut === undefined ? undefined : { ...cut, from, offset, part };
}

const changing = /^(edit|multiedit|write|notebookedit|create|update|str_replace|apply_?patch|patch)/i;

/** Paths that a call which went well has changed, as far as its input names them. */
function changedBy({ name, input }: ToolRow): string[] {
  if (!changing.test(name)) return [];
  return ['file_path', 'notebook_path', 'path'].flatMap((key) => {
    const path = input[key];
    return typeof path === 'string' && path !== '' ? [path] : [];
  });
}
