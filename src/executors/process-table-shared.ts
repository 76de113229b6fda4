import type { Mark } from './mark.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

/**
 * A process table for many who ask at once, such as all sessions that a start takes up: a look at every process is made once
 * for all who asked before it began. Nobody gets an answer that is older than the question.
 */
export class SharedTable implements ProcessTable {
  readonly #table: ProcessTable;
  readonly #lists: Shared<void, readonly ProcessEntry[]>;
  readonly #marks: Shared<readonly number[], ReadonlyMap<number, Mark>>;

  constructor(table: ProcessTable) {
    this.#table = table;
    this.#lists = new Shared(() => table.list());
    this.#marks = new Shared((asked) => table.marks([...new Set(asked.flat())]));
  }

  bootId(): Promise<string> {
    return this.#table.bootId();
  }

  find(pid: number): Promise<ProcessEntry | undefined> {
    return this.#table.find(pid);
  }

  list(): Promise<readonly ProcessEntry[]> {
    return this.#lists.ask();
  }

  /** The marks of these processes, among those that others asked for. */
  marks(pids: readonly number[]): Promise<ReadonlyMap<number, Mark>> {
    return this.#marks.ask(pids);
  }

  carrying(pids: readonly number[], entry: string): Promise<ReadonlySet<number>> {
    return this.#table.carrying(pids, entry);
  }

  residentBytes(pid: number): Promise<number> {
    return this.#table.residentBytes(pid);
  }
}

/** One answer at a time, each for all questions that came while the one before it was under way. */
class Shared<Q, A> {
  readonly #answer: (asked: readonly Q[]) => Promise<A>;
  #asked: Q[] = [];
  #next: Promise<A> | undefined;
  /** Never rejects. */
  #under: Promise<unknown> = Promise.resolve();

  constructor(answer: (asked: readonly Q[]) => Promise<A>) {
    this.#answer = answer;
  }

  ask(question: Q): Promise<A> {
    this.#asked.push(question);
    if (this.#next !== undefined) return this.#next;
    const next = this.#under.then(() => {
      this.#next = undefined;
      return this.#answer(this.#asked.splice(0));
    });
    this.#next = next;
    this.#under = next.catch(() => undefined);
    return next;
  }
}
