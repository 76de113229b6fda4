/** Cuts the long texts of an event, so that a panel is sent what it shows and asks for the rest when somebody wants it. */
import type { AgentEvent } from '../../core/agent/events.ts';
import type { StreamEventView } from '../../protocol/schemas.ts';
import type { Cut, PanelEvent } from '../../protocol/webview/session-panel.ts';

/** Characters that are sent at once. */
export const shown = {
  message: 24 * 1024,
  thinking: 4 * 1024,
  output: 4 * 1024,
  input: 4 * 1024,
  ask: 4 * 1024,
} as const;

/** Fields of an input and members of a list that are sent, and how deep. */
const most = { fields: 40, depth: 5 } as const;

type Input = Readonly<Record<string, unknown>>;

/** Numbers the events of a stream and cuts their texts. */
export class Trimmer {
  #line = -1;
  #part = 0;
  /** A byte at which a line begins that is not behind the next one. */
  #from: number;
  #end: number;

  /** `from`: the byte of the stream from which events are read. */
  constructor(from: number) {
    this.#from = from;
    this.#end = from;
  }

  take({ offset, event }: StreamEventView): PanelEvent {
    if (offset === this.#line) this.#part += 1;
    else {
      this.#from = this.#end;
      this.#end = offset;
      this.#line = offset;
      this.#part = 0;
    }
    const cuts: Cut[] = [];
    const trimmed = trim(event as unknown as AgentEvent, cuts);
    const place = { offset, part: this.#part, from: this.#from };
    return { ...place, event: trimmed, ...(cuts.length === 0 ? {} : { cuts }) };
  }
}

function trim(event: AgentEvent, cuts: Cut[]): AgentEvent {
  const cut = (field: string, text: string, limit: number): string => {
    if (text.length <= limit) return text;
    cuts.push({ field, length: text.length });
    return whole(text, limit);
  };
  switch (event.kind) {
    case 'message':
      return { ...event, text: cut('text', event.text, event.thinking === true ? shown.thinking : shown.message) };
    case 'tool-started':
      return { ...event, input: trimInput(event.input, cut) };
    case 'tool-ended':
      return { ...event, output: cut('output', event.output, shown.output) };
    case 'asked': {
      // What has to be decided is sent beside the conversation.
      const { id, kind, title, detail } = event.request;
      return { ...event, request: { id, kind, title, detail: whole(detail, shown.ask) } };
    }
    case 'turn-ended':
      return { ...event, text: '' }; // said in a message before
    case 'malformed':
      return { ...event, sample: whole(event.sample, 200) };
    default:
      return event;
  }
}

function trimInput(input: Input, cut: (field: string, text: string, limit: number) => string): Input {
  const fields = Object.entries(input).slice(0, most.fields);
  return Object.fromEntries(
    fields.map(([key, value]) => [
      key,
      typeof value === 'string' ? cut(`input.${key}`, value, shown.input) : shallow(value, most.depth),
    ]),
  );
}

/** A value of bounded size. */
function shallow(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return whole(value, shown.input / 4);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, most.fields).map((each) => shallow(each, depth - 1));
  const fields = Object.entries(value).slice(0, most.fields);
  return Object.fromEntries(fields.map(([key, each]) => [key, shallow(each, depth - 1)]));
}

/** The first `limit` characters, without half a character at the end. */
function whole(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}
