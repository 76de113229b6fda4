/** Commands that are written inside programs of other languages: `python -c`, `node -e`, `awk`, `perl -e`. */
import { parsed, valuesOf, type Invocation } from './invocation.ts';
import { absolute } from './place.ts';
import { percentQuotes, stringsOf } from './quotes.ts';
import { isTelling, type Flow } from './text.ts';

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
  Rscript: ['-e'],
};

/** Other options that take a word, so that it is not taken for the program's file. */
const others = ['-r', '-I', '-M', '-W', '-X', '-C', '--require', '--import', '--loader', '--env-file', '--input-type'];

const literal = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\x60[^\x60]*\x60`;
const runsShell = new RegExp(
  String.raw`\b(?:system|popen|exec|execSync|execFileSync|execFile|execute|execl|execlp|execv|execvp|spawn|spawnSync|spawnl|run|call|check_call|check_output|getoutput|shell_exec|passthru|proc_open|Popen|Command)\s*\(\s*(\[[^\]]*\]|${literal})(?:\s*,\s*(\[[^\]]*\]))?`,
  'gu',
);
/** Of perl and ruby, which take words without parentheses. */
const runsWords = new RegExp(String.raw`\b(?:system|exec)\b\s*\(?\s*((?:${literal})(?:\s*,\s*(?:${literal}))*)`, 'gu');
const removes =
  /\b(?:rmtree|rmSync|rmdirSync|removedirs|remove_tree|rm_rf|rm_r|remove_dir_all|rimraf|rimrafSync|Deno\.remove(?:Sync)?|(?:fs|f|fsp|promises)\.rm|unlink)\s*\(?\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|([^)\s,]+))([^;\n]*)/gu;
const opens =
  /\b(?:open|readFile|readFileSync|createReadStream|read_text|file_get_contents|File\.read|(writeFile|writeFileSync|appendFile|appendFileSync|createWriteStream|unlink|unlinkSync|file_put_contents|File\.write|os\.remove))\s*\(\s*(?:"([^"]*)"|'([^']*)')(\s*,\s*["'][wax])?/gu;
const perlWrites = /\bopen\s*\(?\s*(?:my\s+)?[\w$]+\s*,\s*["'](?:\+?>{1,2}|\+<)\s*(?:["']\s*,\s*["'])?([^"']+)["']/gu;
/** Calls that delete what they are given, whatever computes it. */
const deletesAny =
  /\b(?:unlink|os\.remove|rmdir|rmtree|rm_rf|rmSync|removeSync|truncate|File\.delete|FileUtils\.rm)\b/u;
const absolutePaths = /["'`]((?:\/|~\/)[\w.*?/-]+)["'`]/gu;
/** What can start programs under any name. */
const startsPrograms = /\bchild_process\b|\bsubprocess\b|\bOpen3\b|\bProcess\.spawn\b/u;
const pathWrites =
  /\bPath\(\s*["']([^"']+)["']\s*\)(?:\.\w+\(\))*\.(?:write_text|write_bytes|unlink|touch|mkdir|rmdir|rename|symlink_to)\b/gu;
/** Names of files below the home directory, however a program puts them together. */
const homely = /["'`](~?\/?(?:\.(?:ssh|aws|gnupg|kube|docker|azure)\/[\w./-]+|\.netrc|\.git-credentials))["'`]/gu;
const addresses = /\bhttps?:\/\/[^\s"'`)]+/gu;
const computedAddress = /\bhttps?:\/\/["'`]\s*[+.,]/u;
const connects =
  /\b(?:create_connection|connect|connectTls|createConnection|fsockopen|stream_socket_client|TCPSocket\.(?:new|open)|getaddrinfo|gethostbyname\w*|sendto|SMTP|FTP|HTTPS?Connection)\s*\(\s*\(?[^)"']{0,80}["'](?:\w+:\/\/)?((?:[\w-]+\.)+[a-z]{2,}|(?:\d+\.){3}\d+)(?::\d+)?["']/giu;
const backticks = /`([^`]+)`/gu;
const wholeEnvironment =
  /\bprocess\.env\b(?!\s*[.[?])|\bos\.environ\b(?!\s*(?:\[|\.(?:get|setdefault|pop|update|copy)\b|\s*=))|%ENV\b|\bin ENVIRON\b|\bENV\.(?:to_h|each|map|inspect|to_a)\b|\bDeno\.env\.toObject\b|\bgetenv\(\s*\)/u;
const oneVariable =
  /\b(?:process\.env\.|process\.env\[["']|os\.environ(?:\.get\(|\[)["']|os\.getenv\(["']|ENV(?:\.fetch\(|\[|\{)["']?|ENVIRON\["|getenv\(["'])(\w+)/gu;
const runsText = /\b(?:eval|exec|Function|compile|loads|runInThisContext|instance_eval)\b/u;
const decodes =
  /\b(?:b64decode|a85decode|base64_decode|decode64|fromhex|unhexlify|decompress|gunzipSync|inflateSync|atob|fromCharCode)\b|['"](?:base64|hex)['"]|\brot_?13\b/u;
const downloads =
  /\b(?:urlopen|urlretrieve|requests\.get|httpx\.get|fetch|https?\.get|open-uri|URI\.open|file_get_contents\(\s*['"]https?:)/u;

/** The shell commands that a program given in the command line would run, and what it does by itself written as such. */
export function inlineScripts(invocation: Invocation, files: ReadonlyMap<string, Flow>): string[] {
  const { name } = invocation;
  return programTexts(invocation, files).flatMap((text) => [
    ...shellCalls(text),
    ...removals(text),
    ...accesses(text),
    ...ticks(name, text),
    ...environmentReads(text),
    ...fromElsewhere(text),
  ]);
}

function programTexts({ name, args, stdin, cwd }: Invocation, files: ReadonlyMap<string, Flow>): string[] {
  if (/^[gmn]?awk$/u.test(name)) return args.filter((each) => /system|\||ENVIRON|>|getline/u.test(each)).map(awkWrites);
  const language = name.replace(/[\d.]+$/u, '');
  const options = Object.hasOwn(inlineOptions, language) ? inlineOptions[language] : undefined;
  if (options === undefined) return [];
  if (language === 'deno') return args[0] === 'eval' ? args.slice(1) : [];
  const valued = language === 'php' ? options : [...options, ...others.filter((each) => !options.includes(each))];
  const { operands, values } = parsed(args, valued, true);
  const given = valuesOf({ operands, values, options: new Set() }, ...options);
  if (given.length > 0) return given;
  const [file] = operands;
  const fed = file === undefined || file === '-' ? stdin.text : files.get(absolute(file, cwd) ?? '')?.text;
  return fed === undefined ? [] : [fed];
}

/** What awk prints to a file, in the words of another language. */
function awkWrites(text: string): string {
  return text.replaceAll(/>>?\s*("[^"]*")/gu, '; writeFile($1)');
}

function shellCalls(text: string): string[] {
  const calls = [...text.matchAll(runsShell)].map(([, first = '', rest]) =>
    [first, rest ?? '']
      .flatMap((each) => (each.startsWith('[') ? listed(each) : each === '' ? [] : [unquoted(each)]))
      .join(' '),
  );
  const words = [...text.matchAll(runsWords)].map(([, all = '']) => {
    const each = listed(all);
    return each.length === 1 ? unquoted(all) : each.join(' ');
  });
  const quotes = percentQuotes(text);
  const any = startsPrograms.test(text) ? stringsOf(text).filter((each) => /\s/u.test(each)) : [];
  return [...new Set([...calls, ...words, ...quotes, ...any])];
}

function listed(list: string): string[] {
  return [...list.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/gu)].map(([, a, b]) => quoted(a ?? b ?? ''));
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/gu, '$1');
}

/** `rm` and `unlink` of a language delete one file unless they are told otherwise. */
function removals(text: string): string[] {
  return [...text.matchAll(removes)].flatMap(([whole, a, b, c, bare, rest = '']) => {
    const single = /^(?:\w+\.rm|unlink|Deno)/u.test(whole) && !/recursive/iu.test(rest);
    const path = a ?? b ?? c;
    if (single) return path === undefined ? [] : [`rm ${quoted(path)}`];
    // A path that the program computes cannot be told.
    return [path === undefined ? `rm -rf "$${(bare ?? '').replaceAll(/\W/gu, '_')}_"` : `rm -rf ${quoted(path)}`];
  });
}

/** Files, hosts and addresses that the program names, written as the commands that do the same. */
function accesses(text: string): string[] {
  const paths = [...text.matchAll(opens)].map(([, writer, a, b, mode]) => {
    const path = quoted(a ?? b ?? '');
    return writer !== undefined || mode !== undefined ? `: > ${path}` : `cat ${path}`;
  });
  const written = [...text.matchAll(pathWrites), ...text.matchAll(perlWrites)].map(
    ([, path = '']) => `: > ${quoted(path)}`,
  );
  const deleted = deletesAny.test(text) ? [...text.matchAll(absolutePaths)].map(([, path = '']) => `rm ${path}`) : [];
  const home = [...text.matchAll(homely)].map(([, path = '']) => `cat ~/${path.replace(/^~?\/?/u, '')}`);
  const named = [...text.matchAll(addresses)].map(([address]) => `curl ${quoted(address)}`);
  const hosts = [...text.matchAll(connects)].map(([, host = '']) => `nc ${quoted(host)} 1`);
  const hidden = computedAddress.test(text) ? ['curl "https://$COMPUTED/"'] : [];
  return [...paths, ...written, ...deleted, ...home, ...named, ...hosts, ...hidden];
}

function ticks(name: string, text: string): string[] {
  return /^(perl|ruby|php)/u.test(name) ? [...text.matchAll(backticks)].map(([, inner = '']) => inner) : [];
}

function environmentReads(text: string): string[] {
  const names = [...text.matchAll(oneVariable)].flatMap(([, name = '']) =>
    isTelling(name) ? [`printenv ${name}`] : [],
  );
  return [...(wholeEnvironment.test(text) ? ['env'] : []), ...names];
}

/** A program that runs what it decodes or downloads says nothing of what it does. */
function fromElsewhere(text: string): string[] {
  if (!runsText.test(text)) return [];
  if (downloads.test(text)) return ['curl "$COMPUTED" | sh'];
  return decodes.test(text) ? ['base64 -d "$COMPUTED" | sh'] : [];
}
