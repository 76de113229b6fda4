import { toErrorRecord, type ErrorRecord } from '../../core/errors.ts';
import type { ClientContext } from '../rpc/client-context.ts';
import type { RpcLog } from '../rpc/dispatch.ts';

/** How a front end is told what it has subscribed to. */
export interface Telling {
  /** Tells it until there is nothing more to tell, or the signal says so. `number` is the subscription's. */
  readonly tell: (number: number, signal: AbortSignal) => Promise<void>;
  /** Tells it that telling has failed, so that nobody waits for what does not come. */
  readonly failed: (number: number, problem: ErrorRecord) => Promise<void>;
}

/** What front ends are told until they take it back or are gone. One that cannot be told any more hears of that. */
export class Subscriptions {
  readonly #what: string;
  readonly #log: Pick<RpcLog, 'warn'>;
  readonly #stops = new Map<string, AbortController>();
  #last = 0;

  /** `what` is told, in a few words for the log. */
  constructor(what: string, log: Pick<RpcLog, 'warn'>) {
    this.#what = what;
    this.#log = log;
  }

  /** Begins one. Returns its number. */
  begin(client: Pick<ClientContext, 'id' | 'onClose'>, { tell, failed }: Telling): number {
    const number = ++this.#last;
    const key = keyOf(client, number);
    const stop = new AbortController();
    this.#stops.set(key, stop);
    const takeBack = client.onClose(() => stop.abort());
    const warn = (error: unknown): void => {
      this.#log.warn(`cannot send ${this.#what}`, { client: client.id, error: String(error) });
    };
    tell(number, stop.signal)
      .catch(async (error: unknown) => {
        warn(error);
        if (!stop.signal.aborted) await failed(number, toErrorRecord(error));
      })
      .catch(warn)
      .finally(() => {
        this.#stops.delete(key);
        takeBack();
      });
    return number;
  }

  /** Ends one of this front end's; nothing where it has none of that number. */
  end(client: Pick<ClientContext, 'id'>, number: number): void {
    this.#stops.get(keyOf(client, number))?.abort();
  }
}

function keyOf({ id }: Pick<ClientContext, 'id'>, number: number): string {
  return `${id}:${number}`;
}
