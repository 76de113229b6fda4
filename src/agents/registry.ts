import { CoppiceError } from '../core/errors.ts';
import type { CustomAgent } from '../core/settings/types.ts';
import type { Agent, AgentOptions, AgentPrograms, Detected } from './agent.ts';
import { acpAgent } from './acp/index.ts';
import { aider } from './aider/index.ts';
import { claudeCode } from './claude-code/index.ts';
import { codex } from './codex/index.ts';
import { copilot } from './copilot/index.ts';
import { customAgent } from './custom/index.ts';
import { demo } from './demo/index.ts';
import { gemini } from './gemini/index.ts';
import { opencode } from './opencode/index.ts';
import { qwen } from './qwen/index.ts';

type Maker = (options: AgentOptions, programs: AgentPrograms) => Agent;

/** The agents that come with Coppice. The list is closed: others are the user's own, from the settings. */
const builtIn: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['claude-code', (options, { help }) => claudeCode(options, help)],
  ['codex', (options, { help }) => codex(options, help)],
  ['opencode', (options, { help }) => opencode(options, help)],
  ['gemini', (options) => gemini(options)],
  ['qwen', (options, { help }) => qwen(options, help)],
  ['copilot', (options, { help }) => copilot(options, help)],
  ['aider', (options) => aider(options)],
  ['demo', (options, programs) => demo(options, programs)],
]);

/** Ids of the agents that come with Coppice. */
export const builtInAgentIds: readonly string[] = [...builtIn.keys()];

/** What a registry is made of: the user's own agents by id, and the programs that come with Coppice. */
export interface RegistryOptions {
  readonly custom: Readonly<Record<string, CustomAgent>>;
  readonly programs: AgentPrograms;
}

/** Knows every agent that can be asked for. */
export interface AgentRegistry {
  readonly ids: readonly string[];
  /** The agent with its settings. Throws `agent-missing` when nobody knows it. */
  agent(id: string, options?: AgentOptions): Agent;
}

/** A registry of the built-in agents and the user's own. An id that comes with Coppice cannot be taken. */
export function agentRegistry({ custom, programs }: RegistryOptions): AgentRegistry {
  const own = new Map(Object.entries(custom).filter(([id]) => !builtIn.has(id)));
  const ids = [...builtInAgentIds, ...own.keys()];
  return {
    ids,
    agent(id, options = {}) {
      const make = builtIn.get(id);
      if (make !== undefined) return make(options, programs);
      const definition = own.get(id);
      if (definition?.output === 'acp') return acpAgent(id, definition, options, programs);
      if (definition !== undefined) return customAgent(id, definition, options);
      throw new CoppiceError(
        'agent-missing',
        `There is no agent ${JSON.stringify(id)}.`,
        `Choose one of ${ids.join(', ')}, or define it as \`agents.custom.${id}\` in the settings.`,
        { context: { agent: id } },
      );
    },
  };
}

/** The version that was found. Throws `agent-missing` (it cannot be started) or `agent-unusable` with what to do. */
export function usable(agent: Agent, found: Detected, code: number | undefined): { version: string; warning?: string } {
  if (!('problem' in found)) return found;
  throw new CoppiceError(code === undefined ? 'agent-missing' : 'agent-unusable', found.problem, found.fix, {
    context: { agent: agent.id, command: agent.detection.command },
  });
}
