type Optional<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];
/** `T` with every property that may be undefined made optional instead. */
type Defined<T> = Omit<T, Optional<T>> & { [K in Optional<T>]?: Exclude<T[K], undefined> };

/** A copy without the keys whose value is undefined: JSON knows no undefined, so a record and its reading stay equal. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<T>;
}
