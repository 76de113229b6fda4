import type { Agent, AgentOptions, AgentProgram } from '../agent.ts';
import { command } from './command.ts';
import { detection } from './detection.ts';
import { encode } from './encode.ts';
import { environment } from './environment.ts';
import { ClaudeCodeReader } from './reader.ts';

/** Claude Code as a live process: prompts, answers and interrupts go in, its JSON stream comes out. `help`: how it asks a person by MCP. */
export function claudeCode(options: AgentOptions, help?: AgentProgram): Agent {
  const program = options.command ?? 'claude';
  return {
    id: 'claude-code',
    title: 'Claude Code',
    capabilities: {
      duplex: true,
      steer: true,
      interrupt: true,
      resume: true,
      rewind: true,
      permissions: true,
      questions: true,
      ownSessionId: true,
      usage: true,
      needsHostConsent: true,
    },
    environment: { ...environment, allow: [...environment.allow, ...(options.env ?? [])] },
    detection: detection(program),
    signIn: `${program} auth login`,
    command: (context) => command(program, options, context, help),
    reader: (session) => new ClaudeCodeReader(session),
    encode,
  };
}
