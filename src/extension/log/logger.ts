/** What can be told to whoever reads the log. `LogOutputChannel` is one. */
export interface Log {
  trace(message: string, ...facts: unknown[]): void;
  debug(message: string, ...facts: unknown[]): void;
  info(message: string, ...facts: unknown[]): void;
  warn(message: string, ...facts: unknown[]): void;
  error(message: string | Error, ...facts: unknown[]): void;
}
