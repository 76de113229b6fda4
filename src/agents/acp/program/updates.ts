import { countOf, fieldsOf, listOf, shallowOf, textOf, wordOf, type Fields } from '../../fields.ts';
import type { OutMessage } from '../../line-protocol/messages.ts';
import { plainLine, plainText } from '../../plain-text.ts';

/** Text of a message is handed on in pieces of this size at the latest, characters. */
const longestPiece = 16 * 1024;
const outputLimit = 32 * 1024;

/** How full the model's context is, as the agent last said. */
export interface Fill {
  readonly tokens: number;
  readonly window?: number;
}

type Tool = Extract<OutMessage, { type: 'tool' }>;

/**
 * A fold of what an ACP agent tells while it works (`session/update`) to messages of the line protocol. It streams text in scraps:
 * those of one kind are put together until something else comes. Nothing of an update is believed, and what is not known is
 * passed over.
 */
export class Updates {
  #text = '';
  #thinking = false;
  /** Of the last message that was not a thought. */
  #lastWords = '';
  #fill: Fill | undefined;
  readonly #tools = new Map<string, 'open' | 'over'>();
  /** What was said of the tools that are open. */
  readonly #calls = new Map<string, Fields>();

  /** What an update means; text may come with a later one, or with `flush`. */
  take(update: Fields): readonly OutMessage[] {
    switch (update['sessionUpdate']) {
      case 'agent_message_chunk':
        return this.#chunk(update, false);
      case 'agent_thought_chunk':
        return this.#chunk(update, true);
      case 'tool_call':
      case 'tool_call_update':
        return [...this.flush(), ...this.#tool(update)];
      case 'plan':
        return [...this.flush(), { type: 'notice', text: planText(update) }];
      case 'usage_update':
        this.#fill = fillOf(update);
        return [];
      default:
        return [];
    }
  }

  /** What was said so far and not handed on. */
  flush(): readonly OutMessage[] {
    const text = this.#text;
    this.#text = '';
    if (text.trim() === '') return [];
    if (!this.#thinking) this.#lastWords = text;
    return [{ type: 'message', text, ...(this.#thinking ? { thinking: true } : {}) }];
  }

  /** A call of a tool with all that was said of it: an agent may name only what is different from before. */
  whole(call: Fields): Fields {
    return { ...this.#calls.get(wordOf(call['toolCallId']) ?? ''), ...call };
  }

  /** A tool that is asked about before it was told of. */
  announce(call: Fields): readonly OutMessage[] {
    return [...this.flush(), ...this.#tool({ ...call, status: undefined })];
  }

  /** What remains to be said when a turn is over: the last text, and what was begun and never ended. */
  endTurn(): { readonly said: readonly OutMessage[]; readonly text: string; readonly fill: Fill | undefined } {
    const said: OutMessage[] = [...this.flush()];
    for (const [id, state] of this.#tools)
      if (state === 'open') said.push({ type: 'tool-end', id, ok: false, output: '' });
    this.#tools.clear();
    this.#calls.clear();
    const text = this.#lastWords.trim();
    this.#lastWords = '';
    return { said, text, fill: this.#fill };
  }

  #chunk(update: Fields, thinking: boolean): readonly OutMessage[] {
    const text = contentText(update['content']);
    if (text === '') return [];
    const before = this.#thinking === thinking && this.#text.length + text.length <= longestPiece ? [] : this.flush();
    this.#thinking = thinking;
    this.#text += text;
    return before;
  }

  #tool(call: Fields): readonly OutMessage[] {
    const id = wordOf(call['toolCallId']);
    if (id === undefined) return [];
    const said: OutMessage[] = [];
    if (!this.#tools.has(id)) {
      this.#tools.set(id, 'open');
      this.#calls.set(id, call);
      said.push(toolOf(id, call));
    }
    const status = call['status'];
    if ((status === 'completed' || status === 'failed') && this.#tools.get(id) === 'open') {
      this.#tools.set(id, 'over');
      this.#calls.delete(id);
      said.push({ type: 'tool-end', id, ok: status === 'completed', output: outputOf(call) });
    }
    return said;
  }
}

/** A tool as the monitor and a person read it: its command and its paths stand under the names that agents give them. */
export function toolOf(id: string, call: Fields): Tool {
  return { type: 'tool', id, name: toolName(call), input: toolInput(call) };
}

/** The agent's own name of a tool, else what kind of thing it does. */
export function toolName(call: Fields): string {
  return plainLine(wordOf(call['name']) ?? wordOf(call['kind']) ?? 'tool', 100);
}

/** What a tool is given: as the agent says, with the command and the path that only its title and its places name. */
export function toolInput(call: Fields): Readonly<Record<string, unknown>> {
  const raw = shallowOf(call['rawInput']) ?? {};
  const title = wordOf(call['title']);
  const diff = listOf(call['content'])
    .map(fieldsOf)
    .find((each) => each?.['type'] === 'diff');
  const place = fieldsOf(listOf(call['locations'])[0]);
  const path = wordOf(diff?.['path']) ?? wordOf(place?.['path']);
  return {
    ...(call['kind'] === 'execute' && title !== undefined ? { command: title } : {}),
    ...(path === undefined ? {} : { path }),
    ...(title === undefined ? {} : { title: plainLine(title, 400) }),
    ...raw,
  };
}

/** A block of content as text: what is neither text nor names anything is left out. */
export function contentText(content: unknown): string {
  const fields = fieldsOf(content);
  switch (fields?.['type']) {
    case 'text':
      return textOf(fields['text']) ?? '';
    case 'resource_link':
      return wordOf(fields['uri']) ?? '';
    default:
      return '';
  }
}

function outputOf(call: Fields): string {
  const parts = listOf(call['content']).map((each) => {
    const fields = fieldsOf(each) ?? {};
    return fields['type'] === 'diff' ? `${wordOf(fields['path']) ?? ''} was changed` : contentText(fields['content']);
  });
  const text = parts.filter((each) => each !== '').join('\n');
  const raw = call['rawOutput'];
  return plainText(text !== '' ? text : (textOf(raw) ?? (raw === undefined ? '' : JSON.stringify(raw))), outputLimit);
}

function planText(update: Fields): string {
  const lines = listOf(update['entries']).map((each) => {
    const { content, status } = fieldsOf(each) ?? {};
    return `${status === 'completed' ? '[x]' : '[ ]'} ${plainLine(textOf(content) ?? '', 200)}`;
  });
  return plainText(['Plan:', ...lines].join('\n'), 2000);
}

function fillOf(update: Fields): Fill | undefined {
  const [tokens, window] = [countOf(update['used']), countOf(update['size'])];
  if (tokens === 0) return undefined;
  return window === 0 ? { tokens } : { tokens, window };
}
