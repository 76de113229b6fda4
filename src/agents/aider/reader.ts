import type { AgentEvent } from '../../core/agent/events.ts';
import type { AgentExit, LineMeta, StreamReader } from '../agent.ts';
import { TextReader } from '../custom/text-reader.ts';
import { plainLine } from '../plain-text.ts';

/** How a request to the model failed: an exception of the library through which Aider asks, or a limit of the model. */
const refusal = /^litellm\.\w+(?:: |$)|^Model \S+ has hit a token limit!/u;
/** It waits, and asks once more. */
const again = /^Retrying in (\d+(?:\.\d+)?) seconds/u;
/** Told of each answer that came. */
const answered = /^Tokens: .* received\./u;

/** Reads what Aider prints for people. It ends with 0 also when its model gave no answer, so what it says last decides. */
export class AiderReader implements StreamReader {
  readonly #text = new TextReader();
  /** The refusal after which no answer came. */
  #refused: string | undefined;
  #retries = 0;

  line(text: string, meta: LineMeta): readonly AgentEvent[] {
    const events = this.#text.line(text, meta);
    for (const each of events) {
      if (each.kind !== 'message') continue;
      if (refusal.test(each.text)) this.#refused = plainLine(each.text, 300);
      else if (answered.test(each.text)) this.#refused = undefined;
    }
    return [...events, ...this.#retrying(text)];
  }

  /** Words of the model that only look so follow no refusal. */
  #retrying(text: string): readonly AgentEvent[] {
    const [, seconds] = again.exec(text) ?? [];
    if (seconds === undefined || this.#refused === undefined) return [];
    this.#retries += 1;
    const delayMs = Math.round(Number(seconds) * 1000);
    return [{ kind: 'retrying', attempt: this.#retries, delayMs, error: plainLine(this.#refused, 80) }];
  }

  end(exit: AgentExit): readonly AgentEvent[] {
    const reason = this.#refused;
    return this.#text
      .end(exit)
      .map((each) =>
        reason !== undefined && each.kind === 'turn-ended' && each.outcome === 'success'
          ? { ...each, outcome: 'failed', reason }
          : each,
      );
  }
}
