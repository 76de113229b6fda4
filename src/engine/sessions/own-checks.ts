import type { AgentEvent } from '../../core/agent/events.ts';
import { oneLine } from '../../core/printable.ts';
import { commandOf, doingOf, type Doing } from '../../supervision/monitor/doing.ts';
import type { Place } from '../../supervision/monitor/place.ts';

interface Begun {
  readonly doing: Doing;
  readonly command: string;
  /** How many changes had been seen when it began. */
  readonly changes: number;
}

const mostBegun = 1000;
const longest = 200;

/** Follows which checks of the project an agent runs by itself, and whether it changes anything after them. */
export class OwnChecks {
  readonly #place: Place;
  readonly #gates: readonly (readonly string[])[];
  readonly #begun = new Map<string, Begun>();
  #changes = 0;
  #stands: string | undefined;

  /** `gates`: the commands of the session's gates. */
  constructor(place: Place, gates: readonly (readonly string[])[]) {
    this.#place = place;
    this.#gates = gates;
  }

  /** Call it once for each event, in order. At the end of a turn: the last check of the turn that passed with no change after it. */
  note(seen: AgentEvent): string | undefined {
    switch (seen.kind) {
      case 'prompt-seen':
        this.#forget();
        return undefined;
      case 'tool-started':
        this.#begin(seen.id, doingOf(seen.name, seen.input, this.#place, this.#gates), commandOf(seen.input) ?? '');
        return undefined;
      case 'tool-ended':
        this.#end(seen.id, seen.ok);
        return undefined;
      case 'turn-ended':
        return this.#forget();
      default:
        return undefined;
    }
  }

  #begin(id: string, doing: Doing, command: string): void {
    if (doing === 'change') this.#changed();
    this.#begun.set(id, { doing, command, changes: this.#changes });
    const [oldest] = this.#begun.keys();
    if (this.#begun.size > mostBegun && oldest !== undefined) this.#begun.delete(oldest);
  }

  #end(id: string, ok: boolean): void {
    const begun = this.#begun.get(id);
    this.#begun.delete(id);
    if (begun === undefined || begun.doing === 'neither') return;
    // What was at work beside it may have changed the files after it had looked at them.
    if (begun.doing === 'change') this.#changed();
    else this.#stands = ok && begun.changes === this.#changes ? oneLine(begun.command, longest) : undefined;
  }

  #changed(): void {
    this.#changes += 1;
    this.#stands = undefined;
  }

  #forget(): string | undefined {
    const stood = this.#stands;
    this.#begun.clear();
    this.#stands = undefined;
    return stood;
  }
}
