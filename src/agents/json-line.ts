/**
 * A value as one line of JSON with its newline. Readers that take U+2028 and U+2029 for line ends (Node's `readline` does)
 * would cut a line in two, so both are escaped.
 */
export function jsonLine(value: object): string {
  return `${JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`;
}
