/**
 * The kinds of values that settings have. Every schema carries a phrase (`description`) that completes "must be …", and
 * says it in its own errors, so that a problem reads the same wherever it is found.
 */
import * as z from 'zod';
import { labelPattern } from '../queue/labels.ts';
import { isToolCondition } from '../supervision/policy.ts';
import { meaning, nearest, shown } from './suggest.ts';

/** Longest list and longest text of a setting: a settings file is written by hand. */
const listLimit = 200;
const textLimit = 4096;

function says(phrase: string): { error: string } {
  return { error: `must be ${phrase}` };
}

export const yesNo = z.boolean(says('true or false')).describe('true or false');

/** A schema for whole numbers from `min` to `max`, both included. */
export function whole(min: number, max: number) {
  const phrase = `a whole number from ${min} to ${max}`;
  return z.int(says(phrase)).min(min, says(phrase)).max(max, says(phrase)).describe(phrase);
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  const phrase = `one of: ${words.join(', ')}`;
  return z.enum(words, says(phrase)).describe(phrase);
}

/** Where a server is, over HTTP. */
export const address = text('an address that begins with http:// or https://', /^https?:\/\/[^\s\0]+$/u);

/** One line of text that is not empty. */
export const line = text('one line of text', /^[^\0\r\n]+$/u);

/** One line of text that a program cannot take for one of its options. */
export const plainLine = text('one line of text that does not begin with a hyphen', /^[^-\0\r\n][^\0\r\n]*$/u);

/** An absolute path, or one below `~/` (the user's home) or `{home}/` (the data directory); see `expandPath`. */
export const path = text(
  'an absolute path, or one that begins with ~/ or {home}/',
  /^(?:\/|~\/|\{home\}\/)[^\0\r\n]*$/u,
);

/** Name of a container image: a registry, a name, a tag or a digest. */
export const image = text('the name of an image', /^[a-z0-9][\w./:@-]{0,254}$/u);

/** Where a daemon listens on this host. */
export const daemonSocket = text('auto, or the absolute path of a socket', /^(?:auto|\/[^\0\r\n]*)$/u);

export const containerNetwork = oneOf(['open', 'model', 'none']);

const endpoint = text('a host and a port, such as api.anthropic.com:443', /^[a-z0-9][a-z0-9.-]{0,252}:[1-9]\d{0,4}$/u);
export const endpoints = list(endpoint, 'a list of hosts with their ports, in small letters');

/** Name of a socket of tmux: a file name. */
export const socketName = text(
  'a name of letters, digits, hyphens and underscores',
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/u,
);

/** A program: a name that is looked for on the `PATH`, or a path (never one that depends on the current directory). */
export const program = text(
  'the name of a program, an absolute path, or one that begins with ~/',
  /^(?:[^-/~\s\0][^/\0\r\n]*|~?\/[^\0\r\n]+)$/u,
);

/** A directory of a repository, relative to its root: never absolute, never upwards, never an option. */
const directory = text(
  'a directory of the repository, relative to its root',
  /^(?![-/~])(?!(?:.*\/)?\.\.(?:\/|$))[^\0\r\n]+$/u,
);
export const directories = list(directory, 'a list of directories of the repository, relative to its root');

const variable = text('the name of an environment variable', /^[A-Za-z_][A-Za-z0-9_]{0,255}$/u);
export const variables = list(variable, 'a list of names of environment variables (never values)');

const host = text(
  'the name or number of a host, without port or pattern',
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|[0-9a-f:]+)$/u,
);
export const hosts = list(host, 'a list of names of hosts in small letters, without ports or patterns');

const word = z
  .string(says('text'))
  .max(textLimit, says(`text of at most ${textLimit} characters`))
  .refine((value) => !value.includes('\0'), says('text without NUL characters'));
export const words = list(word, 'a list of words');

/** A program and its arguments, one word each. */
const argv = list(word, 'a list of a program and its arguments').refine(
  (value) => (value[0] ?? '') !== '',
  says('a list that begins with a program'),
);

/** Commands without a shell. */
export const programs = list(argv, 'a list of commands, each a list of a program and its arguments');

const toolCondition = word.refine(
  isToolCondition,
  says('a condition on a tool, such as `command git push*`, `path infra/**`, `before tool WebFetch`, `danger`'),
);
export const toolConditions = list(toolCondition, 'a list of conditions on tools');

/** How an agent is called in settings, on the command line and in the journal. */
export const agentIdPattern = /^[a-z0-9][a-z0-9-]{0,63}$/u;
export const agentId = text("an agent's id (small letters, digits and hyphens)", agentIdPattern);

/** Where an agent works, as `--executor` names it. */
export const executorId = text(
  'local, tmux, docker, ssh:HOST or wrap:NAME',
  /^(?:local|tmux|docker|(?:ssh|wrap):[^-\s\0][^\s\0]*)$/u,
);

/** A step of a script: a program with its arguments, or a line for `sh -c`. */
export const command = z.union([line, argv], says('a command line (text), or a list of a program and its arguments'));
export const commands = list(
  command,
  'a list of commands, each a line for `sh -c` or a list of a program and its arguments',
);
export type Command = z.infer<typeof command>;

/** The program and arguments of a script step. A line goes to the shell as its author wrote it; nothing is inserted. */
export function argvOf(step: Command): readonly string[] {
  return typeof step === 'string' ? ['sh', '-c', step] : step;
}

/** What a custom agent's command may contain: the prompt itself, or the path of a file that holds it. */
export const promptPlaceholder = '{prompt}';
export const promptFilePlaceholder = '{promptFile}';
/** The agent's own id of the conversation that is continued; in `resume` only. */
export const conversationPlaceholder = '{session}';

const agentCommand = argv
  .refine(
    noProgramText,
    says(
      'a list of a program and its arguments in which no placeholder is part of a script (a prompt is never run): ' +
        'write [sh, -c, \'tool "$1"\', sh, "{prompt}"]',
    ),
  )
  .describe('a list of a program and its arguments');

/** What a live agent of the user's own can do beyond taking prompts; see `AgentCapabilities`. */
const labelNamePhrase = 'a label of 1 to 100 characters, on one line, that neither begins nor ends with a space';
const labelPhrase = 'a map of labels, each with a whole number from 1 to 1000';

/** Where sessions with a label are limited: how many of them may be at work. */
export const labelLimits = z
  .record(z.string().regex(labelPattern), whole(1, 1000), {
    error: ({ code }) => `must be ${code === 'invalid_key' ? labelNamePhrase : labelPhrase}`,
  })
  .readonly()
  .describe(labelPhrase);

const abilities = ['steer', 'interrupt', 'permissions', 'questions'] as const;

const customPhrase = 'a map with `command`, and if wanted `output`, `resume`, `title`, `can`, `env` and `secrets`';

/**
 * A user's own command as an agent. Without a placeholder the prompt is written to the command's standard input. What is `live`
 * speaks the line protocol in both directions for as long as it runs, what is `acp` the Agent Client Protocol, and no prompt is put
 * on their command lines.
 */
export const customAgent = fields(
  {
    command: agentCommand,
    output: z.enum(['text', 'jsonl', 'live', 'acp'], says('text, jsonl, live or acp')).default('text'),
    resume: agentCommand.optional(),
    title: line.optional(),
    can: list(oneOf(abilities), `a list of: ${abilities.join(', ')}`).optional(),
    env: variables.optional(),
    secrets: variables.optional(),
  },
  customPhrase,
)
  .refine(({ output, can }) => output === 'live' || can === undefined, says('without `can` unless `output` is live'))
  .refine(
    ({ output, command, resume = [] }) =>
      (output !== 'live' && output !== 'acp') || !promptPlaceholders.test([...command, ...resume].join()),
    says('without {prompt} and {promptFile} where `output` is live or acp: prompts then come on its input'),
  )
  .refine(
    ({ output, resume }) => output !== 'acp' || resume === undefined,
    says('without `resume` where `output` is acp, which has a way of its own'),
  )
  .describe(customPhrase);
export type CustomAgent = z.infer<typeof customAgent>;

const promptPlaceholders = /\{prompt(?:File)?\}/u;

/** A user's own place to run agents: this host, with a command before the agent's. */
export const wrapExecutor = fields(
  {
    wrap: argv.refine(
      (words) => !words.some((word, at) => wrapPlaceholder.test(word) && runsNext(words.slice(0, at))),
      says('a list of a program and its arguments in which no placeholder is part of a script'),
    ),
    title: line.optional(),
  },
  'a map with `wrap`, and if wanted `title`',
);
export type WrapExecutor = z.infer<typeof wrapExecutor>;

const wrapPlaceholder = /\{(?:worktree|session)\}/u;

/** Text that an interpreter runs must not have a prompt put into it: a prompt is data, never a command. */
function noProgramText(words: readonly string[]): boolean {
  return words.every((text, index) => !placeholder.test(text) || !runsNext(words.slice(0, index)));
}

const placeholder = /\{(?:prompt|promptFile|session)\}/u;
const interpreters = /^(?:(?:a|ba|da|fi|k|z)?sh|python[\d.]*|perl|ruby|node|deno|bun|php)$/u;

/** Whether the word after these is taken as a program's text, as in `sh -c` or `python3 -c`. */
function runsNext(before: readonly string[]): boolean {
  const option = before.at(-1) ?? '';
  if (!/^(?:-[A-Za-z]*[cepr]|--eval|--print)$/u.test(option)) return false;
  return before.some((word) => interpreters.test(word.slice(word.lastIndexOf('/') + 1)));
}

function text(phrase: string, pattern: RegExp) {
  return z
    .string(says(phrase))
    .max(textLimit, says(`${phrase}, of at most ${textLimit} characters`))
    .regex(pattern, says(phrase))
    .describe(phrase);
}

function list<T extends z.ZodType>(element: T, phrase: string) {
  const array = z.array(element, says(phrase)).max(listLimit, says(`${phrase}, at most ${listLimit} of them`));
  return array.readonly().describe(phrase);
}

function fields<T extends z.ZodRawShape>(shape: T, phrase: string) {
  const error: z.core.$ZodErrorMap = (issue) => {
    if (issue.code !== 'unrecognized_keys') return `must be ${phrase}`;
    return issue.keys
      .map((key: string) => `has no field "${shown(key)}"${meaning(nearest(key, Object.keys(shape)))}`)
      .join('; ');
  };
  return z.strictObject(shape, { error }).readonly().describe(phrase);
}
