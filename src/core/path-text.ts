/**
 * Paths of a repository as text. Git and the file system know bytes; JSON, journals and people know text. A path that is
 * not valid UTF-8 keeps each byte that does not fit as a lone surrogate (U+DC80 to U+DCFF, as in Python's
 * "surrogateescape"), which valid text never holds and JSON carries as an escape: nothing is lost on the way.
 */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Bytes of a path as text. */
export function pathText(bytes: Uint8Array): string {
  const whole = decoded(bytes);
  if (whole !== undefined) return whole;
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const [char, length] = charAt(bytes, at);
    text += char;
    at += length;
  }
  return text;
}

/** The character that begins at a place, or the surrogate of the byte there; and how many bytes that took. */
function charAt(bytes: Uint8Array, at: number): readonly [char: string, length: number] {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length += 1) {
    const char = decoded(bytes.subarray(at, at + length));
    if (char !== undefined) return [char, length];
  }
  return [String.fromCharCode(0xdc00 + (bytes[at] ?? 0)), 1];
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined; // not UTF-8
  }
}

/** The bytes of a path; the reverse of `pathText`. */
export function pathBytes(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes = [...text].flatMap((char) => {
    const unit = char.length === 1 ? char.charCodeAt(0) : 0;
    return unit >= 0xdc80 && unit <= 0xdcff ? [unit - 0xdc00] : [...encoder.encode(char)];
  });
  return Uint8Array.from(bytes);
}
