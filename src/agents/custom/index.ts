import type { CustomAgent } from '../../core/settings/types.ts';
import { CoppiceError } from '../../core/errors.ts';
import type { Agent, AgentOptions } from '../agent.ts';
import { encode } from '../line-protocol/encode.ts';
import { LineProtocolReader } from '../line-protocol/reader.ts';
import { commandOf } from './command.ts';
import { detected, environmentOf } from './own.ts';
import { TextReader } from './text-reader.ts';

/**
 * A user's own command as an agent: run once per prompt and judged by its exit code, or `live`, as a conversation in the line
 * protocol.
 */
export function customAgent(id: string, definition: CustomAgent, options: AgentOptions): Agent {
  const program = options.command ?? definition.command[0] ?? '';
  const wordsOf = (words: readonly string[]): readonly string[] =>
    options.command === undefined ? words : [options.command, ...words.slice(1)];
  const live = definition.output === 'live';
  const can = new Set(definition.can);
  return {
    id,
    title: definition.title ?? id,
    capabilities: {
      duplex: live,
      steer: can.has('steer'),
      interrupt: can.has('interrupt'),
      resume: definition.resume !== undefined,
      permissions: can.has('permissions'),
      questions: can.has('questions'),
      ownSessionId: definition.resume !== undefined,
      usage: definition.output !== 'text',
      needsHostConsent: true,
    },
    environment: environmentOf(definition, options),
    detection: {
      command: program,
      args: ['--version'],
      // Nobody knows how a user's own command tells its version: that it can be started is enough.
      parse: (_stdout, _stderr, code) => detected(id, program, code, 'unknown'),
    },
    command: (context) => {
      const words = context.resume === undefined ? definition.command : (definition.resume ?? definition.command);
      const command = commandOf(wordsOf(words), context, options.args ?? []);
      return live ? { ...command, duplex: true, firstInputs: [] } : command;
    },
    reader: () => (definition.output === 'text' ? new TextReader() : new LineProtocolReader({ once: !live })),
    encode: (input) => {
      if (live) return encode(input);
      throw new CoppiceError(
        'wrong-state',
        `${definition.title ?? id} takes no input while it runs.`,
        'Wait for its end, then continue the session.',
      );
    },
  };
}
