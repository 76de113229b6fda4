/** Reads values so that what is computed or done beside them is computed or done again when they change. */
export function dependsOn(...values: readonly unknown[]): boolean {
  return values.length > 0;
}
