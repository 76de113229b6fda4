import { CoppiceError } from '../../core/errors.ts';
import type {
  Agent,
  AgentCommand,
  AgentContext,
  AgentEnvironment,
  AgentOptions,
  AgentProgram,
  Detected,
  StreamReader,
} from '../agent.ts';
import { lastWords } from '../exit.ts';
import { helpServerFor, type HelpServer } from '../help/index.ts';

/** An agent whose program is run once for each prompt and asks nobody anything. */
export interface OneShot {
  readonly id: string;
  readonly title: string;
  /** Its program, unless the settings name another one. */
  readonly program: string;
  /** How it is installed, as a command. */
  readonly install: string;
  /** Arguments with which its program signs the user in (none: it is run without any); missing where only a key does. */
  readonly signIn?: readonly string[];
  /** The oldest version whose output was tried. */
  readonly tried: readonly [number, number, number];
  /** A later run takes the conversation up again. */
  readonly resume: boolean;
  readonly ownSessionId: boolean;
  /** Tells what one turn consumed. */
  readonly usage: boolean;
  readonly environment: AgentEnvironment;
  /** Arguments, variables, input and files of one run; `server` is that through which it asks for help. */
  readonly command: (
    context: AgentContext,
    options: AgentOptions,
    server?: HelpServer,
  ) => Pick<AgentCommand, 'args'> & Partial<Pick<AgentCommand, 'env' | 'firstInputs' | 'files'>>;
  readonly reader: (session?: string) => StreamReader;
}

/** The agent with its settings. `help` is given to those that can be told of MCP servers from outside. */
export function oneShotAgent(kind: OneShot, options: AgentOptions, help?: AgentProgram): Agent {
  const program = options.command ?? kind.program;
  return {
    id: kind.id,
    title: kind.title,
    capabilities: {
      ...{ duplex: false, steer: false, interrupt: false, permissions: false, questions: false },
      ...{ resume: kind.resume, ownSessionId: kind.ownSessionId, usage: kind.usage, needsHostConsent: true },
    },
    environment: { ...kind.environment, allow: [...kind.environment.allow, ...(options.env ?? [])] },
    detection: {
      command: program,
      args: ['--version'],
      parse: (stdout, stderr, code) => detected(kind, program, { stdout, stderr, code }),
    },
    ...(kind.signIn === undefined ? {} : { signIn: [program, ...kind.signIn].join(' ') }),
    command: (context) => {
      const helping = help === undefined ? undefined : helpServerFor(context, help);
      const { files = [], ...made } = kind.command(context, options, helping?.server);
      const all = [...(helping?.files ?? []), ...files];
      return { env: {}, firstInputs: [], ...made, files: all, command: program, duplex: false };
    },
    reader: (session) => kind.reader(session),
    encode: () => {
      throw new CoppiceError(
        'wrong-state',
        `${kind.title} takes no input while it runs.`,
        'Wait for its end, then continue the session.',
      );
    },
  };
}

interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | undefined;
}

function detected({ title, install, tried, id }: OneShot, program: string, { stdout, stderr, code }: Said): Detected {
  const fix = `Install it with \`${install}\`, or set \`agents.${id}.command\`.`;
  if (code === undefined) return { problem: `${title} (\`${program}\`) cannot be started.`, fix };
  const numbers = /(?:^|[^\d.])(\d{1,6})\.(\d{1,6})\.(\d{1,6})/u.exec(stdout)?.slice(1, 4).map(Number);
  if (code !== 0 || numbers === undefined) {
    const why = (lastWords(stderr) ?? lastWords(stdout))?.split('\n')[0];
    const said = why === undefined ? '' : ` It said: ${why}`;
    return { problem: `\`${program} --version\` ended with code ${code} and without a version.${said}`, fix };
  }
  const version = numbers.join('.');
  const difference = numbers.map((number, at) => number - (tried[at] ?? 0)).find((each) => each !== 0) ?? 0;
  if (difference >= 0) return { version };
  return {
    version,
    warning: `${title} ${version} is older than the oldest version that was tried (${tried.join('.')}).`,
  };
}
