/** Values of secrets, in this process's memory only: never journalled, logged or written to a file (invariant 10). */
export class Vault {
  readonly #values = new Map<string, ReadonlyMap<string, string>>();
  readonly #waived = new Set<string>();

  /** Adds values for a session; a later value replaces an earlier one of the same name. */
  remember(session: string, values: Readonly<Record<string, string>>): void {
    this.#values.set(session, new Map([...(this.#values.get(session) ?? []), ...Object.entries(values)]));
  }

  /** The values that are there for `names`. */
  values(session: string, names: readonly string[]): Record<string, string> {
    const known = this.#values.get(session);
    return Object.fromEntries(
      names.flatMap((name) => {
        const value = known?.get(name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  /** A person lets the session go on without what is missing. */
  waive(session: string): void {
    this.#waived.add(session);
  }

  missing(session: string, names: readonly string[]): readonly string[] {
    if (this.#waived.has(session)) return [];
    const known = this.#values.get(session);
    return names.filter((name) => known?.has(name) !== true);
  }

  forget(session: string): void {
    this.#values.delete(session);
    this.#waived.delete(session);
  }

  /** Every value held, for redaction. */
  all(): readonly string[] {
    return [...this.#values.values()].flatMap((values) => [...values.values()]);
  }
}
