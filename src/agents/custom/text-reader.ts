import type { AgentEvent } from '../../core/agent/events.ts';
import { noUsage } from '../../core/agent/usage.ts';
import type { AgentExit, LineMeta, StreamReader } from '../agent.ts';
import { deathOf } from '../exit.ts';
import { malformed } from '../malformed.ts';
import { plainText, withoutTerminalCodes } from '../plain-text.ts';

/** What is kept of the last lines as the turn's last words, characters. */
const lastWordsLimit = 2000;

/** Reads a command that prints text for people: every line is a message, and exit code 0 is success. */
export class TextReader implements StreamReader {
  #lastWords = '';
  #over = false;

  line(text: string, meta: LineMeta): readonly AgentEvent[] {
    const words = plainText(lastVersion(withoutTerminalCodes(text)).trimEnd());
    if (words.trim() === '') return [];
    this.#lastWords = `${this.#lastWords}\n${words}`.slice(-lastWordsLimit);
    const message: AgentEvent = { kind: 'message', text: words };
    return meta.truncatedBytes === undefined ? [message] : [message, malformed(text, meta, '')];
  }

  end(exit: AgentExit): readonly AgentEvent[] {
    if (this.#over) return [];
    this.#over = true;
    const said = this.#lastWords.trim();
    const text = said === '' ? {} : { text: said };
    if (exit.code === 0 && exit.signal === undefined) {
      return [{ kind: 'turn-ended', outcome: 'success', reason: 'exit code 0', ...text, usage: noUsage, denials: 0 }];
    }
    const death = deathOf(exit, said !== '');
    const outcome = exit.code !== undefined && exit.signal === undefined ? 'failed' : death.outcome;
    return [{ kind: 'turn-ended', ...text, ...death, outcome, usage: noUsage, denials: 0 }];
  }
}

/** A progress line overwrites itself with carriage returns: what a terminal would show in the end. */
function lastVersion(line: string): string {
  return line.replace(/\r+$/u, '').replace(/^[^]*\r/u, '');
}
