/** The one place where messages of a panel enter: checked, handed to their handler, answered. */
import { isCoppiceError, toErrorRecord } from '../../core/errors.ts';
import type {
  DataOf,
  NotificationName,
  PanelApi,
  PanelHandlers,
  Refusal,
  ToPanel,
} from '../../protocol/webview/kinds.ts';
import { toExtensionSchema, type PanelSchemas } from '../../protocol/webview/session-panel-schemas.ts';

/** Where messages go, and where what is wrong with them is told. `post` tells whether the panel can have got it. */
export interface PanelPort {
  readonly post: (message: ToPanel) => PromiseLike<boolean>;
  readonly warn: (text: string) => void;
}

/** The extension's end of the wire to one panel. */
export interface PanelWire<A> {
  /** Takes whatever the panel posted. Never throws and never rejects: what is not in the protocol is logged once and ignored. */
  receive(message: unknown): Promise<void>;
  /** Resolves to whether the panel can have got it: a hidden one does not. */
  notify<K extends NotificationName<A> & keyof A>(name: K, data: DataOf<A[K]>): Promise<boolean>;
}

/** Different things that are told of a panel which speaks another protocol; after that many it is not told of any more. */
const mostWarnings = 20;

/**
 * Connects an API to its handlers.
 *
 * @param api the names of the messages
 * @param schemas what each message into the extension must look like
 */
export function wirePanel<A extends PanelApi>(
  api: A,
  schemas: PanelSchemas<A>,
  handlers: PanelHandlers<A>,
  port: PanelPort,
): PanelWire<A> {
  const warned = new Set<string>();
  const warn = (key: string, text: string): void => {
    if (warned.has(key) || warned.size >= mostWarnings) return;
    warned.add(key);
    port.warn(text);
  };
  const known = new Map<string, Handler>(Object.entries(handlers));
  const shapes = new Map<string, PanelSchema>(Object.entries(schemas));

  const post = async (message: ToPanel): Promise<boolean> => {
    try {
      return await port.post(message);
    } catch {
      return false; // the panel was closed meanwhile
    }
  };

  const receive = async (message: unknown): Promise<void> => {
    const frame = toExtensionSchema.safeParse(message);
    if (!frame.success) {
      warn('', 'The panel posted something that is no message of the protocol. It is ignored.');
      return;
    }
    const { kind, name, params } = frame.data;
    const [handler, shape] = [known.get(name), shapes.get(name)];
    if (handler === undefined || shape === undefined || api[name]?.kind !== kind) {
      warn(`${kind} ${name}`, `The panel posted a ${kind} that this version does not know (${name}). It is ignored.`);
      return;
    }
    const parsed = shape.safeParse(params);
    if (!parsed.success) {
      warn(`shape ${name}`, `The panel posted a ${kind} "${name}" with unexpected content. It is ignored.`);
      if (frame.data.kind === 'request')
        await post({ kind: 'reply', id: frame.data.id, ok: false, refusal: malformed });
      return;
    }
    if (frame.data.kind === 'request') await post(await answer(frame.data.id, () => handler(parsed.data)));
    else await carryOut(name, () => handler(parsed.data));
  };

  const carryOut = async (name: string, run: () => unknown): Promise<void> => {
    try {
      await run();
    } catch (error) {
      port.warn(`The panel's command "${name}" failed: ${refusalOf(error).message}`);
    }
  };

  const answer = async (id: number, run: () => unknown): Promise<ToPanel> => {
    try {
      return { kind: 'reply', id, ok: true, result: await run() };
    } catch (error) {
      const refusal = refusalOf(error);
      if (!isCoppiceError(error)) port.warn(`A request of the panel failed: ${refusal.message}`);
      return { kind: 'reply', id, ok: false, refusal };
    }
  };

  return { receive, notify: (name, data) => post({ kind: 'notification', name, data }) };
}

type Handler = (params: unknown) => unknown;
interface PanelSchema {
  safeParse(value: unknown): { readonly success: true; readonly data: unknown } | { readonly success: false };
}

const malformed: Refusal = {
  message: 'The panel asked for something that the extension does not understand.',
  next: 'Close the panel and open it again.',
};

function refusalOf(error: unknown): Refusal {
  const { message, next } = toErrorRecord(error);
  return { message, next };
}
