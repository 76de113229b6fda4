/** Formats and escapes of `printf` and `echo -e`. */

/** What `printf` makes of its format and arguments. */
export function printed([format = '', ...args]: readonly string[]): string {
  const conversion = /%(?:[-+ 0#]*\d*(?:\.\d+)?)?([a-zA-Z%])/gu;
  const once = (): string => {
    let text = '';
    let from = 0;
    for (const { 0: whole, 1: kind, index } of format.matchAll(conversion)) {
      text += unescaped(format.slice(from, index));
      const value = kind === '%' ? '%' : (args.shift() ?? '');
      text += kind === 'b' ? unescaped(value) : value;
      from = index + whole.length;
    }
    return text + unescaped(format.slice(from));
  };
  const texts = [once()];
  // The format is used again while there are arguments left.
  for (let left = args.length; left > 0 && texts.length < 64; left = args.length) {
    texts.push(once());
    if (args.length === left) break;
  }
  return texts.join('');
}

/** A text with its escapes replaced, as `echo -e` and `printf` do. */
export function unescaped(text: string): string {
  const simple: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '0': '\0' };
  return text.replaceAll(
    /\\(?:x([0-9a-fA-F]{1,2})|0?([0-7]{1,3})|(.))/gu,
    (_, hex?: string, octal?: string, plain?: string) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
      return simple[plain ?? ''] ?? plain ?? '';
    },
  );
}
