/** One request, from what came over the socket to what goes back: checked on the way in, errors as records on the way out. */
import { ErrorCodes } from 'vscode-jsonrpc/node';
import type * as z from 'zod';
import { CoppiceError } from '../../core/errors.ts';
import { toWire } from '../../protocol/client/wire-errors.ts';
import { requests, type Handlers, type Requests } from '../../protocol/contract.ts';
import type { ClientContext } from './client-context.ts';

/** One handler per request of the contract; the greeting is the server's own. */
export type RequestHandlers = Handlers<Omit<Requests, 'hello'>, ClientContext>;
export type HandledMethod = keyof RequestHandlers;

/** The part of the engine's log that the RPC writes to. */
export interface RpcLog {
  debug(text: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(text: string, fields?: Readonly<Record<string, unknown>>): void;
  error(text: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Who answers requests, and how strictly the answers are looked at. */
export interface DispatchOptions {
  readonly handlers: RequestHandlers;
  /** Whether a result that breaks the contract is an error: for tests and development. */
  readonly checkResults: boolean;
  readonly log: RpcLog;
}

const mentionedIssues = 3;

/** Whether a request of this name is one that a handler answers: any of the contract but the greeting. */
export function isHandled(method: string): method is HandledMethod {
  return method !== 'hello' && Object.hasOwn(requests, method);
}

/** Answers a request. Rejects with a JSON-RPC error that carries the record of a `CoppiceError`. */
export async function dispatch(
  method: string,
  params: unknown,
  context: ClientContext,
  { handlers, checkResults, log }: DispatchOptions,
): Promise<unknown> {
  if (!isHandled(method)) throw unknownMethod(method);
  const parsed = requests[method].params.safeParse(params ?? {});
  if (!parsed.success) throw toWire(invalid(method, parsed.error), ErrorCodes.InvalidParams);
  // The handler of this very method takes what the schema of this very method has parsed.
  const handle = handlers[method] as (params: unknown, context: ClientContext) => unknown;
  try {
    const result = await handle(parsed.data, context);
    if (!checkResults) return result;
    const checked = requests[method].result.safeParse(result);
    if (checked.success) return result;
    throw new Error(`The result of ${method} breaks the contract: ${sentence(checked.error)}`);
  } catch (error) {
    if (!(error instanceof CoppiceError)) log.error('a request failed', { method, error });
    throw toWire(error);
  }
}

/** The JSON-RPC error (`MethodNotFound`) for a request that the contract does not have; it carries `bad-usage`. */
export function unknownMethod(method: string): Error {
  const error = new CoppiceError(
    'bad-usage',
    `The engine knows no request '${method.slice(0, 100)}'.`,
    'Compare the versions.',
    { way: 'see-engine' },
  );
  return toWire(error, ErrorCodes.MethodNotFound);
}

/**
 * The error, `bad-usage`, for parameters that the schema refuses: which of them and why (the first 3), never their
 * values.
 */
export function invalid(method: string, error: z.ZodError): CoppiceError {
  const next = 'Correct the request; the values are described in the contract of the protocol.';
  return new CoppiceError('bad-usage', `The request ${method} is not valid: ${sentence(error)}.`, next);
}

/** What is wrong, without the values: those may be secrets. */
function sentence(error: z.ZodError): string {
  const all = error.issues.map(({ path, message }) => `${path.length === 0 ? '' : `${path.join('.')}: `}${message}`);
  const more = all.length > mentionedIssues ? [`and ${all.length - mentionedIssues} more`] : [];
  return [...all.slice(0, mentionedIssues), ...more].join('; ').slice(0, 1000);
}
