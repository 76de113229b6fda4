import { oneLine } from '../../core/printable.ts';
import type { TerminalView } from '../../protocol/schemas.ts';

/** All that is not the program itself comes as an argument: nothing of it is read as a command. */
const script = [
  'code=$1; said=$2; next=$3; closes=$4; shift 4',
  '"$@"; ended=$?',
  '[ "$ended" -eq "$code" ] || exit "$ended"',
  'printf "\\n%s\\n%s\\n\\n%s" "$said" "$next" "$closes"',
  'read -r _',
  'exit 0',
].join('\n');

/**
 * The command line of a terminal that stays until a person has read why its place is gone: an editor closes a terminal whose program
 * has ended, and shows nothing but a number. `closes` is what they are asked to do then.
 */
export function held(
  command: readonly string[],
  { code, message, next }: NonNullable<TerminalView['lost']>,
  closes: string,
): readonly string[] {
  return ['/bin/sh', '-c', script, 'sh', String(code), oneLine(message, 500), oneLine(next, 500), closes, ...command];
}
