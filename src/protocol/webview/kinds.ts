/**
 * How a panel and the extension speak: three kinds of messages and no others. A panel sends requests (answered) and commands
 * (not answered); the extension sends notifications. Each panel has one const of these, which both sides import, so that a
 * handler that is missing on either side does not compile. Nothing here runs anything: a panel's bundle pays nothing for it.
 */

/** A message into the extension that is answered. The types are carried for the compiler only. */
export interface RequestKind<P, R> {
  readonly kind: 'request';
  readonly types?: { readonly params: P; readonly result: R };
}

/** A message into the extension that is not answered. */
export interface CommandKind<P> {
  readonly kind: 'command';
  readonly types?: { readonly params: P };
}

/** A message to a panel. */
export interface NotificationKind<D> {
  readonly kind: 'notification';
  readonly types?: { readonly data: D };
}

/** Everything that one panel and the extension can say to each other, by name. */
export type PanelApi = Readonly<
  Record<string, RequestKind<unknown, unknown> | CommandKind<unknown> | NotificationKind<unknown>>
>;

/** Declares a request with parameters `P` and result `R`. */
export function request<P, R>(): RequestKind<P, R> {
  return { kind: 'request' };
}

/** Declares a command with parameters `P`. */
export function command<P>(): CommandKind<P> {
  return { kind: 'command' };
}

/** Declares a notification that carries `D`. */
export function notification<D>(): NotificationKind<D> {
  return { kind: 'notification' };
}

/** Names of an API's messages of one kind. */
export type RequestName<A> = { [K in keyof A]: A[K] extends { kind: 'request' } ? K : never }[keyof A] & string;
export type CommandName<A> = { [K in keyof A]: A[K] extends { kind: 'command' } ? K : never }[keyof A] & string;
export type NotificationName<A> = { [K in keyof A]: A[K] extends { kind: 'notification' } ? K : never }[keyof A] &
  string;

/** What a message carries. */
export type ParamsOf<M> = M extends { readonly types?: { readonly params: infer P } } ? P : never;
export type ResultOf<M> = M extends { readonly types?: { readonly result: infer R } } ? R : never;
export type DataOf<M> = M extends { readonly types?: { readonly data: infer D } } ? D : never;

/** What the extension does with what a panel sends: one handler for each request and each command. */
export type PanelHandlers<A> = {
  readonly [K in RequestName<A>]: (params: ParamsOf<A[K]>) => Promise<ResultOf<A[K]>>;
} & { readonly [K in CommandName<A>]: (params: ParamsOf<A[K]>) => void | Promise<void> };

/** What a panel does with what the extension sends: one handler for each notification. */
export type NotificationHandlers<A> = { readonly [K in NotificationName<A>]: (data: DataOf<A[K]>) => void };

/** Why a request was not carried out, for a person: what happened, and what to do next. */
export interface Refusal {
  readonly message: string;
  readonly next: string;
}

/** A message as it crosses, from a panel. */
export type ToExtension =
  | { readonly kind: 'request'; readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly kind: 'command'; readonly name: string; readonly params: unknown };

/** A message as it crosses, to a panel. */
export type ToPanel =
  | { readonly kind: 'reply'; readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly kind: 'reply'; readonly id: number; readonly ok: false; readonly refusal: Refusal }
  | { readonly kind: 'notification'; readonly name: string; readonly data: unknown };
