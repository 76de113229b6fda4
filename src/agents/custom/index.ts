import type { CustomAgent } from '../../core/settings/types.ts';
import { CoppiceError } from '../../core/errors.ts';
import type { Agent, AgentOptions, Detected } from '../agent.ts';
import { LineProtocolReader } from '../line-protocol/reader.ts';
import { commandOf } from './command.ts';
import { TextReader } from './text-reader.ts';

/** A user's own command as an agent: run once per prompt, judged by its exit code. */
export function customAgent(id: string, definition: CustomAgent, options: AgentOptions): Agent {
  const program = options.command ?? definition.command[0] ?? '';
  const wordsOf = (words: readonly string[]): readonly string[] =>
    options.command === undefined ? words : [options.command, ...words.slice(1)];
  return {
    id,
    title: definition.title ?? id,
    capabilities: {
      duplex: false,
      steer: false,
      interrupt: false,
      resume: definition.resume !== undefined,
      permissions: false,
      questions: false,
      ownSessionId: definition.resume !== undefined,
      usage: definition.output === 'jsonl',
      needsHostConsent: true,
    },
    environment: { allow: options.env ?? [], secrets: [] },
    detection: {
      command: program,
      args: ['--version'],
      parse: (_stdout, _stderr, code) => detected(id, program, code),
    },
    command: (context) => {
      const words = context.resume === undefined ? definition.command : (definition.resume ?? definition.command);
      return commandOf(wordsOf(words), context, options.args ?? []);
    },
    reader: () => (definition.output === 'jsonl' ? new LineProtocolReader({ once: true }) : new TextReader()),
    encode: () => {
      throw new CoppiceError(
        'wrong-state',
        `${definition.title ?? id} takes no input while it runs.`,
        'Wait for its end, then continue the session.',
      );
    },
  };
}

/** Nobody knows how a user's own command tells its version: that it can be started is enough. */
function detected(id: string, program: string, code: number | undefined): Detected {
  if (code !== undefined) return { version: 'unknown' };
  return {
    problem: `The program of the agent "${id}" (\`${program}\`) cannot be started.`,
    fix: `Correct \`agents.custom.${id}.command\` in the settings, or install the program.`,
  };
}
