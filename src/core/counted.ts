/** `1 commit`, `2 commits`: a count with its noun, for a sentence. `many` is for plurals that are not made with an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
