import type { CustomAgent } from '../../core/settings/types.ts';
import type { Agent, AgentCommand, AgentContext, AgentOptions, AgentPrograms } from '../agent.ts';
import { helpServerFor } from '../help/index.ts';
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
  const [first = '', ...rest] = definition.command;
  const program = options.command ?? first;
  return {
    id,
    title: definition.title ?? id,
    capabilities: {
      ...{ duplex: true, steer: true, interrupt: true, resume: true, permissions: true },
      ...{ questions: false, ownSessionId: false, usage: true, needsHostConsent: true },
    },
    environment: environmentOf(definition, options),
    detection: {
      command: program,
      args: ['--version'],
      parse: (stdout, _stderr, code) => {
        return detected(id, program, code, /\b(\d{1,6}\.\d{1,6}\.\d{1,6})\b/u.exec(stdout)?.[1] ?? 'unknown');
      },
    },
    command: (context) => {
      const { node, script, env, files } = bridgeFor(context, programs);
      const args = [...script, ...given(context, options), '--', program, ...rest, ...(options.args ?? [])];
      return { command: node, args, env, files, duplex: true, firstInputs: [] };
    },
    reader: () => new LineProtocolReader({ once: false }),
    encode,
  };
}

/** The bridge where the agent runs, with its first arguments: the one of this host, or a copy in the directory of the run. */
function bridgeFor(
  context: AgentContext,
  { acp, help }: Pick<AgentPrograms, 'acp' | 'help'>,
): Pick<AgentCommand, 'env' | 'files'> & { readonly node: string; readonly script: readonly string[] } {
  const { server, files } = helpServerFor(context, help);
  const told = `--help-server=${server.args[0] ?? ''}`;
  const { carried, directory } = context;
  if (carried === undefined) return { node: acp.node, script: [acp.script, told], env: acp.env ?? {}, files };
  const path = `${directory}/acp-bridge.mjs`;
  return { node: 'node', script: [path, told], env: {}, files: [{ path, text: carried.acp }, ...files] };
}

function given({ resume }: AgentContext, { permissionMode, model }: AgentOptions): readonly string[] {
  const named = { resume, mode: permissionMode, model };
  return Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}
