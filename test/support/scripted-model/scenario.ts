/** What the scripted model says. */

/** One answer of the model, or one refusal of its service. */
export interface Turn {
  readonly thinking?: string;
  readonly text?: string;
  /** `{cwd}` in any text of an input stands for the working directory of the agent that asks. */
  readonly tools?: readonly { readonly name: string; readonly input: Readonly<Record<string, unknown>> }[];
  /** Default: `tool_use` with tools, else `end_turn`. */
  readonly stopReason?: string;
  readonly usage?: {
    readonly input_tokens?: number;
    readonly output_tokens?: number;
    readonly cache_read_input_tokens?: number;
  };
  /** Before the first byte, milliseconds. */
  readonly delayMs?: number;
  /** Between two pieces of text, milliseconds. */
  readonly chunkMs?: number;
  readonly refuse?: Refusal;
}

/** An HTTP error in place of an answer. */
export interface Refusal {
  readonly status: number;
  /** The service's word for it, as `error.type`. */
  readonly type: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** After so many refusals in a conversation the answer is given. Default: never. */
  readonly times?: number;
}

/** The answers in order; the last one is repeated. */
export type Scenario = readonly Turn[];

const write = (file: string, content: string) => ({ name: 'Write', input: { file_path: `{cwd}/${file}`, content } });
const bash = (command: string, more: Readonly<Record<string, unknown>> = {}) => ({
  name: 'Bash',
  input: { command, description: 'run a command', ...more },
});
const refused = (status: number, type: string, message: string, more: Partial<Refusal> = {}): Scenario => [
  { refuse: { status, type, message, ...more }, text: 'recovered after errors' },
];

const question = {
  question: 'Which one?',
  header: 'Choice',
  multiSelect: false,
  options: [
    { label: 'A', description: 'the first' },
    { label: 'B', description: 'the second' },
  ],
};

/** `#S:<name>` in a prompt picks one of these. Tool names are those that all versions of Claude Code share. */
export const defaultScenarios: Readonly<Record<string, Scenario>> = {
  hello: [{ text: 'Hello, I am scripted.' }],
  again: [{ text: 'Second answer after resume.' }],
  think: [{ thinking: 'Let me see.', text: 'I have thought.' }],
  write: [
    {
      text: 'I will write.',
      tools: [write('written.txt', 'written\n')],
      usage: { input_tokens: 1000, output_tokens: 50 },
    },
    { text: 'Done.', usage: { input_tokens: 1200, output_tokens: 20 } },
  ],
  // Reading may be free, edits may be, a shell in a shell never is.
  bash: [{ text: 'Run.', tools: [bash("sh -c 'echo ran > from-bash.txt'")] }, { text: 'Bash finished.' }],
  two: [{ text: 'Two tools.', tools: [write('one.txt', '1\n'), write('two.txt', '2\n')] }, { text: 'Both done.' }],
  outside: [
    { text: 'Outside.', tools: [{ name: 'Write', input: { file_path: '{cwd}/../outside.txt', content: 'x' } }] },
    { text: 'After outside.' },
  ],
  'bad-tool': [{ text: 'Bad.', tools: [{ name: 'NoSuchTool', input: {} }] }, { text: 'After the bad tool.' }],
  help: [
    {
      text: 'Help.',
      tools: [{ name: 'mcp__coppice_help__request_help', input: { question: 'Which one?', error: 'no key' } }],
    },
    { text: 'I wait.' },
  ],
  question: [
    { text: 'Ask.', tools: [{ name: 'AskUserQuestion', input: { questions: [question] } }] },
    { text: 'After the question.' },
  ],
  plan: [
    { text: 'Plan.', tools: [{ name: 'ExitPlanMode', input: { plan: '1. do it' } }] },
    { text: 'After the plan.' },
  ],
  slow: [
    {
      text: 'This is a slow stream of many words, so that it can be interrupted in the middle. '.repeat(8),
      chunkMs: 150,
    },
  ],
  // A long `sleep` would be refused by the tool itself.
  hang: [{ text: 'Wait.', tools: [bash('tail -f /dev/null')] }, { text: 'Woke.' }],
  loop: Array.from({ length: 50 }, (_, step) => ({
    text: `step ${step}`,
    tools: [write(`step-${step}.txt`, `${step}\n`)],
    usage: { input_tokens: 20_000, output_tokens: 4000 },
    delayMs: 100,
  })),
  task: [
    {
      text: 'Delegate.',
      tools: [
        { name: 'Task', input: { description: 'sub', prompt: '#S:sub do a part', subagent_type: 'general-purpose' } },
      ],
    },
    { text: 'Delegated.' },
  ],
  sub: [{ text: 'The subagent works.', tools: [write('sub.txt', 'sub\n')] }, { text: 'The subagent has finished.' }],
  background: [
    { text: 'In the background.', tools: [bash('sleep 2; echo finished', { run_in_background: true })] },
    { text: 'Started it.' },
    { text: 'Now I ask.', tools: [bash("sh -c 'echo later > later.txt'")] },
    { text: 'It has ended.' },
  ],
  structured: [
    { text: 'Structured.', tools: [{ name: 'StructuredOutput', input: { verdict: 'ok', score: 3 } }] },
    { text: 'Done.' },
  ],
  'max-tokens': [{ text: 'cut off', stopReason: 'max_tokens' }],
  refusal: [{ text: '', stopReason: 'refusal' }],
  e400: refused(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
  e401: refused(401, 'authentication_error', 'invalid x-api-key'),
  e403: refused(403, 'permission_error', 'not allowed'),
  e404: refused(404, 'not_found_error', 'model: nosuch'),
  e429: refused(429, 'rate_limit_error', 'slow down', { headers: { 'retry-after': '1' } }),
  e500: refused(500, 'api_error', 'internal error'),
  e529: refused(529, 'overloaded_error', 'Overloaded'),
  'e429-then-ok': refused(429, 'rate_limit_error', 'slow down', { headers: { 'retry-after': '1' }, times: 1 }),
  'e429-twice': refused(429, 'rate_limit_error', 'slow down', { headers: { 'retry-after': '1' }, times: 2 }),
  'e500-then-ok': refused(500, 'api_error', 'internal error', { times: 1 }),
  'e529-then-ok': refused(529, 'overloaded_error', 'Overloaded', { times: 1 }),
};
