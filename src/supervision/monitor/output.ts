/** What commands print, where that can be told without running them. */
import { Buffer } from 'node:buffer';
import { posix } from 'node:path';
import { has, parsed, valuesOf, type Invocation } from './invocation.ts';
import { absolute } from './place.ts';
import { printed, unescaped } from './printed.ts';
import { isUnknown, nothing, textOf, unknown, type Flow } from './text.ts';

type Printer = (invocation: Invocation, files: ReadonlyMap<string, Flow>) => Flow;

const decoders = [
  'xxd',
  'openssl',
  'gpg',
  'gunzip',
  'zcat',
  'gzip',
  'bunzip2',
  'xz',
  'uudecode',
  'tr',
  'rev',
  'base32',
];
const downloaders = ['curl', 'wget', 'nc', 'ncat', 'socat', 'ftp', 'aria2c', 'http', 'https', 'lynx', 'fetch'];
const listers = ['ls', 'fd', 'fdfind', 'rg'];
const passing = ['tee', 'sort', 'uniq', 'head', 'tail', 'nl', 'pv', 'sponge', 'less', 'more'];

const printers: Readonly<Record<string, Printer>> = {
  echo: ({ args }) => ({ text: `${echoed(args)}\n` }),
  printf: ({ args }) => ({ text: printed(args) }),
  cat: (invocation, files) => concatenated(invocation, files),
  base64: (invocation, files) => base64(invocation, files),
  mktemp: () => ({ text: `/tmp/tmp.${unknown}\n` }),
  pwd: ({ cwd }) => ({ text: cwd }),
  find: (invocation) => found(invocation),
  dirname: ({ args }) => ({ text: posix.dirname(args.at(-1) ?? unknown) }),
  basename: ({ args }) => ({ text: posix.basename(args[0] ?? unknown) }),
  realpath: ({ args }) => ({ text: args.at(-1) ?? unknown }),
  readlink: ({ args }) => ({ text: args.at(-1) ?? unknown }),
  which: ({ args }) => ({ text: `/usr/bin/${args.at(-1) ?? unknown}` }),
  git: (invocation) => ofGit(invocation),
  true: () => nothing,
};

/** What the command prints. `files`: those that the script wrote itself. */
export function outputOf(invocation: Invocation, files: ReadonlyMap<string, Flow>): Flow {
  const { name, stdin } = invocation;
  const printer = Object.hasOwn(printers, name) ? printers[name] : undefined;
  if (printer !== undefined) return printer(invocation, files);
  if (downloaders.includes(name)) return { from: 'network' };
  if (listers.includes(name)) return listing(invocation);
  if (passing.includes(name)) return stdin;
  if (name === 'rev' && stdin.text !== undefined) return { text: reversed(stdin.text) };
  if (name === 'xxd' && stdin.text !== undefined && has(parsed(invocation.args), '-r')) return fromHex(stdin.text);
  return decoders.includes(name) ? { from: stdin.from ?? 'decoder' } : from(stdin);
}

/** What a program makes of what it reads cannot be told; where it is from can. */
function from(stdin: Flow): Flow {
  if (stdin.from !== undefined) return { from: stdin.from };
  return stdin.text === undefined ? nothing : { text: `${unknown}\n` };
}

function echoed(args: readonly string[]): string {
  const first = args.findIndex((each) => !/^-[neE]+$/u.test(each));
  const options = args.slice(0, first === -1 ? args.length : first).join('');
  const text = args.slice(first === -1 ? args.length : first).join(' ');
  return options.includes('e') ? unescaped(text) : text;
}

function concatenated({ args, cwd, stdin }: Invocation, files: ReadonlyMap<string, Flow>): Flow {
  const { operands } = parsed(args);
  if (operands.length === 0) return stdin;
  const flows = operands.map((each) => (each === '-' ? stdin : (files.get(absolute(each, cwd) ?? '') ?? nothing)));
  return joined(flows);
}

/** Flows one after the other. */
export function joined(flows: readonly Flow[]): Flow {
  const origin = flows.find((each) => each.from !== undefined)?.from;
  const text = flows.some((each) => each.text !== undefined) ? { text: flows.map(textOf).join('') } : {};
  return { ...text, ...(origin === undefined ? {} : { from: origin }) };
}

function base64({ args, cwd, stdin }: Invocation, files: ReadonlyMap<string, Flow>): Flow {
  const options = parsed(args, ['-w', '--wrap', '-b', '-i', '-o']);
  const [file] = [...options.operands, ...valuesOf(options, '-i')];
  const input = file === undefined ? stdin : (files.get(absolute(file, cwd) ?? '') ?? nothing);
  const decodes = has(options, '-d', '-D', '--decode', '-di');
  if (!decodes) return input.text === undefined ? nothing : { text: Buffer.from(input.text).toString('base64') };
  if (input.text === undefined || isUnknown(input.text)) return { from: input.from ?? 'decoder' };
  return { text: Buffer.from(input.text, 'base64').toString(), from: 'decoder' };
}

/** Names below what is listed; `ls -d` names what it is given. */
function listing({ name, args }: Invocation): Flow {
  const options = parsed(args);
  const { operands } = options;
  if (name === 'ls' && has(options, '-d')) return { text: `${operands.join('\n')}\n` };
  const places = operands.filter((each) => each.startsWith('/'));
  return { text: `${(places.length === 0 ? ['.'] : places).map((each) => `${each}/${unknown}`).join('\n')}\n` };
}

function fromHex(text: string): Flow {
  return { text: Buffer.from(text.replaceAll(/[^0-9a-fA-F]/gu, ''), 'hex').toString(), from: 'decoder' };
}

function reversed(text: string): string {
  return text
    .split('\n')
    .map((line) => [...line].reverse().join(''))
    .join('\n');
}

/** Paths below where the search begins. */
function found({ args }: Invocation): Flow {
  const end = args.findIndex((each) => /^[-(!]/u.test(each));
  const starts = args.slice(0, end === -1 ? args.length : end);
  const below = (starts.length === 0 ? ['.'] : starts).map((each) => `${each}/${unknown}`);
  return { text: `${below.join('\n')}\n` };
}

function ofGit({ args, cwd }: Invocation): Flow {
  const [command, option] = args;
  if (command === 'rev-parse' && option === '--show-toplevel') return { text: cwd };
  if (command === 'rev-parse' && /^--(?:absolute-)?git-(?:common-)?dir$/u.test(option ?? '')) return { text: '.git' };
  if (command === 'rev-parse' && option === '--git-path') return { text: `.git/${args[2] ?? ''}` };
  const lists = command === 'ls-files' || (command === 'diff' && args.includes('--name-only'));
  return lists ? { text: `./${unknown}\n` } : nothing;
}

/** Files that the command itself writes, as far as what is in them could be run later. */
export function filesOf(
  invocation: Invocation,
  files: ReadonlyMap<string, Flow>,
): readonly (readonly [string, Flow])[] {
  const { name, args, cwd, stdin } = invocation;
  const { operands, values } = parsed(args, [
    '-o',
    '--output',
    ...(name === 'wget' ? ['-O', '--output-document'] : []),
  ]);
  if (name === 'tee') return operands.map((each) => [each, stdin]);
  if (name === 'cp' || name === 'mv') {
    const flow = files.get(absolute(operands[0] ?? '', cwd) ?? '');
    return flow === undefined || operands.length !== 2 ? [] : [[operands[1] ?? '', flow]];
  }
  if (name !== 'curl' && name !== 'wget') return [];
  const given = values.map(({ value }) => value);
  const named = operands.map((each) => posix.basename(each.replace(/[?#].*$/u, '')));
  return [...given, ...named].map((each) => [each, { from: 'network' }]);
}
