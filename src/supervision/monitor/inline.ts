/** Commands that are written inside programs of other languages: `python -c`, `node -e`, `awk`, `perl -e`. */
import { parsed, valuesOf, type Invocation } from './invocation.ts';

const inlineOptions: Readonly<Record<string, readonly string[]>> = {
  python: ['-c'],
  node: ['-e', '-p', '--eval', '--print'],
  deno: ['eval'],
  bun: ['-e'],
  perl: ['-e', '-E'],
  ruby: ['-e'],
  php: ['-r'],
  lua: ['-e'],
  osascript: ['-e'],
};

const runsShell =
  /\b(?:system|popen|exec|execSync|execFileSync|execFile|execl|execv|execvp|spawn|spawnSync|run|call|check_call|check_output|getoutput|shell_exec|passthru|Popen)\s*\(\s*(\[[^\]]*\]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)(?:\s*,\s*(\[[^\]]*\]))?/gu;
const removes =
  /\b(?:rmtree|rmSync|rmdirSync|removedirs|remove_tree|rm_rf|rm_r|rimraf|rimrafSync)\s*\(?\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|([^)\s,]+))/gu;
const opens =
  /\b(?:open|readFile|readFileSync|createReadStream|read_text|file_get_contents|File\.read|(writeFile|writeFileSync|appendFile|appendFileSync|createWriteStream|unlink|unlinkSync|file_put_contents|File\.write|os\.remove))\s*\(\s*(?:"([^"]*)"|'([^']*)')(\s*,\s*["'][wax])?/gu;
const addresses = /\bhttps?:\/\/[^\s"'`)]+/gu;
const backticks = /`([^`]+)`/gu;

/** The shell commands that a program given in the command line would run, and its own removals written as such. */
export function inlineScripts({ name, args, stdin }: Invocation): string[] {
  return programTexts(name, args, stdin.text).flatMap((text) => [
    ...shellCalls(text),
    ...removals(text),
    ...accesses(text),
    ...ticks(name, text),
  ]);
}

function programTexts(name: string, args: readonly string[], stdin: string | undefined): string[] {
  if (/^[gmn]?awk$/u.test(name)) return args.filter((each) => each.includes('system') || each.includes('|'));
  const language = name.replace(/[\d.]+$/u, '');
  const options = Object.hasOwn(inlineOptions, language) ? inlineOptions[language] : undefined;
  if (options === undefined) return [];
  if (language === 'deno') return args[0] === 'eval' ? args.slice(1) : [];
  const { operands, values } = parsed(args, options, true);
  const given = valuesOf({ operands, values, options: new Set() }, ...options);
  const fed = operands.length === 0 || operands[0] === '-' ? stdin : undefined;
  return given.length > 0 || fed === undefined ? given : [fed];
}

function shellCalls(text: string): string[] {
  return [...text.matchAll(runsShell)].map(([, first = '', rest]) =>
    [first, rest ?? '']
      .flatMap((each) => (each.startsWith('[') ? listed(each) : each === '' ? [] : [unquoted(each)]))
      .join(' '),
  );
}

function listed(list: string): string[] {
  return [...list.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/gu)].map(([, a, b]) => quoted(a ?? b ?? ''));
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function unquoted(literal: string): string {
  return literal.slice(1, -1).replaceAll(/\\(.)/gu, '$1');
}

function removals(text: string): string[] {
  return [...text.matchAll(removes)].map(([, a, b, c, bare]) => {
    const path = a ?? b ?? c;
    // A path that the program computes cannot be told.
    return path === undefined ? `rm -rf "$${(bare ?? '').replaceAll(/\W/gu, '_')}_"` : `rm -rf ${quoted(path)}`;
  });
}

/** Files and addresses that the program names, written as the commands that do the same. */
function accesses(text: string): string[] {
  const paths = [...text.matchAll(opens)].map(([, writer, a, b, mode]) => {
    const path = quoted(a ?? b ?? '');
    return writer !== undefined || mode !== undefined ? `: > ${path}` : `cat ${path}`;
  });
  return [...paths, ...[...text.matchAll(addresses)].map(([address]) => `curl ${quoted(address)}`)];
}

function ticks(name: string, text: string): string[] {
  return /^(perl|ruby|php)/u.test(name) ? [...text.matchAll(backticks)].map(([, inner = '']) => inner) : [];
}
