import type { CustomAgent } from '../../core/settings/types.ts';
import type { Agent, AgentContext, AgentOptions, AgentPrograms } from '../agent.ts';
import { detected, environmentOf } from '../custom/own.ts';
import { encode } from '../line-protocol/encode.ts';
import { LineProtocolReader } from '../line-protocol/reader.ts';

/**
 * Any agent that speaks the Agent Client Protocol, as a command. It runs below a small program of ours that turns what it says into
 * the line protocol; see `program/main.ts`.
 */
export function acpAgent(
  id: string,
  definition: CustomAgent,
  options: AgentOptions,
  programs: Pick<AgentPrograms, 'acp' | 'help'>,
): Agent {
  const { acp: bridge, help } = programs;
  const [first = '', ...rest] = definition.command;
  const program = options.command ?? first;
  return {
    id,
    title: definition.title ?? id,
    capabilities: {
      ...{ duplex: true, steer: true, interrupt: true, resume: true, permissions: true },
      ...{ questions: false, ownSessionId: false, usage: true, needsHostConsent: true, bridged: true },
    },
    environment: environmentOf(definition, options),
    detection: {
      command: program,
      args: ['--version'],
      parse: (stdout, _stderr, code) => {
        return detected(id, program, code, /\b(\d{1,6}\.\d{1,6}\.\d{1,6})\b/u.exec(stdout)?.[1] ?? 'unknown');
      },
    },
    command: (context) => ({
      command: bridge.node,
      args: [
        bridge.script,
        `--help-server=${help.script}`,
        ...given(context, options),
        '--',
        program,
        ...rest,
        ...(options.args ?? []),
      ],
      env: bridge.env ?? {},
      ...{ duplex: true, firstInputs: [], files: [] },
    }),
    reader: () => new LineProtocolReader({ once: false }),
    encode,
  };
}

function given({ resume }: AgentContext, { permissionMode, model }: AgentOptions): readonly string[] {
  const named = { resume, mode: permissionMode, model };
  return Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}
