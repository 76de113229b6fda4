import type { AgentEvent, TurnOutcome } from '../../core/agent/events.ts';
import { addUsage, noUsage, type Usage } from '../../core/agent/usage.ts';
import type { AgentExit, LineMeta, StreamReader } from '../agent.ts';
import { deathOf } from '../exit.ts';
import { parseFields, textOf, type Fields } from '../fields.ts';
import { malformed } from '../malformed.ts';
import { plainLine } from '../plain-text.ts';

/** What a line of an agent means. */
export interface Meaning {
  readonly events?: readonly AgentEvent[];
  /** Consumed by what the line tells of, to be added up. */
  readonly usage?: Usage;
  /** How the turn ended, as the agent itself says. */
  readonly end?: { readonly outcome: TurnOutcome; readonly reason: string; readonly text?: string };
}

/** The meaning of a line; undefined for one of a kind that is not known. */
export type Translate = (fields: Fields) => Meaning | undefined;

/** Reads an agent that prints JSON lines and runs once: its own result counts, and only with exit code 0 is it a success. */
export class OneShotReader implements StreamReader {
  readonly #translate: Translate;
  #spoke = false;
  #identified: string | undefined;
  #usage: Usage = noUsage;
  #lastWords: string | undefined;
  #end: Meaning['end'];
  #over = false;

  constructor(translate: Translate) {
    this.#translate = translate;
  }

  line(text: string, meta: LineMeta): readonly AgentEvent[] {
    if (text.trim() === '') return [];
    this.#spoke = true;
    if (meta.truncatedBytes !== undefined) return [malformed(text, meta, '')];
    const fields = parseFields(text);
    if (fields === undefined) return [malformed(text, meta, 'not a JSON object')];
    const meaning = this.#translate(fields);
    if (meaning === undefined) return [{ kind: 'unrecognised', what: plainLine(textOf(fields['type']) ?? '?', 60) }];
    if (meaning.usage !== undefined) this.#usage = addUsage(this.#usage, meaning.usage);
    if (meaning.end !== undefined) this.#end = meaning.end;
    return (meaning.events ?? []).filter((event) => this.#isNews(event));
  }

  end(exit: AgentExit): readonly AgentEvent[] {
    if (this.#over) return [];
    this.#over = true;
    const said = this.#end?.text ?? this.#lastWords;
    const text = said === undefined ? {} : { text: said };
    const shared = { kind: 'turn-ended', usage: this.#usage, denials: 0 } as const;
    if (this.#end !== undefined && this.#end.outcome !== 'success') return [{ ...shared, ...text, ...this.#end }];
    if (exit.code === 0 && exit.signal === undefined && this.#end !== undefined)
      return [{ ...shared, ...text, ...this.#end }];
    const death = deathOf(exit, this.#spoke);
    return [{ ...shared, ...text, ...death }];
  }

  /** Some agents name their conversation on every line. */
  #isNews(event: AgentEvent): boolean {
    if (event.kind === 'message' && event.thinking !== true) this.#lastWords = event.text;
    if (event.kind !== 'identified') return true;
    if (this.#identified === event.agentSession) return false;
    this.#identified = event.agentSession;
    return true;
  }
}

/** Kinds of lines that say nothing that is shown elsewhere. */
export const nothing: Meaning = {};
