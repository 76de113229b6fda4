/** A panel's end of the wire to the extension. */
import type {
  CommandName,
  DataOf,
  NotificationHandlers,
  NotificationName,
  PanelApi,
  ParamsOf,
  Refusal,
  RequestName,
  ResultOf,
  ToExtension,
  ToPanel,
} from '../../src/protocol/webview/kinds.ts';

/** What VS Code gives a page to speak with its extension. */
export interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/** Why a request was not carried out, for a person. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly next: string;

  constructor({ message, next }: Refusal) {
    super(message);
    this.next = next;
  }
}

/** Asks and tells the extension, in the words of one API. */
export interface Client<A extends PanelApi> {
  /** Rejects with `Refused`, also when no answer came in time. */
  request<K extends RequestName<A>>(name: K, params: ParamsOf<A[K]>, timeoutMs?: number): Promise<ResultOf<A[K]>>;
  tell<K extends CommandName<A>>(name: K, params: ParamsOf<A[K]>): void;
}

const answerMs = 30_000;

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Refused) => void;
  readonly timer: number;
}

/**
 * Connects a page to the extension. Every notification of the API has its handler.
 *
 * @param late the sentence for a request that was not answered in time
 */
export function connectPanel<A extends PanelApi>(
  api: VsCodeApi,
  handlers: NotificationHandlers<A>,
  late: Refusal,
): Client<A> {
  const pending = new Map<number, Pending>();
  let last = 0;
  const send = (message: ToExtension): void => api.postMessage(message);

  const settle = (message: Extract<ToPanel, { kind: 'reply' }>): void => {
    const waiting = pending.get(message.id);
    if (waiting === undefined) return; // it came too late
    pending.delete(message.id);
    window.clearTimeout(waiting.timer);
    if (message.ok) waiting.resolve(message.result as never);
    else waiting.reject(new Refused(message.refusal));
  };

  window.addEventListener('message', ({ data }: MessageEvent<ToPanel>) => {
    if (data.kind === 'reply') {
      settle(data);
      return;
    }
    const handle = handlers[data.name as NotificationName<A>] as ((given: DataOf<A[keyof A]>) => void) | undefined;
    handle?.(data.data as DataOf<A[keyof A]>);
  });

  return {
    request(name, params, timeoutMs = answerMs) {
      const id = ++last;
      return new Promise((resolve, reject) => {
        const timer = window.setTimeout(() => {
          pending.delete(id);
          reject(new Refused(late));
        }, timeoutMs);
        pending.set(id, { resolve, reject, timer });
        send({ kind: 'request', id, name, params });
      });
    },
    tell: (name, params) => send({ kind: 'command', name, params }),
  };
}
