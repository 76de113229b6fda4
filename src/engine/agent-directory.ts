import { CoppiceError } from '../core/errors.ts';
import type { Settings } from '../core/settings/settings.ts';
import type { Agent, AgentOptions } from '../agents/agent.ts';
import { agentRegistry, type AgentRegistry } from '../agents/registry.ts';
import { refusalText, type PluginFolder } from './plugins/plugin-folder.ts';

/** Where the programs are that come with Coppice, and where they may keep things. Paths are absolute. */
export interface AgentDirectoryOptions {
  /** The demo agent's program. */
  readonly demoAgent: string;
  /** The program between the engine and agents that speak ACP. */
  readonly acpBridge: string;
  /** The MCP server through which agents ask for help. */
  readonly helpServer: string;
  /** Where agents of ours keep their conversations. */
  readonly state: string;
  /** What a file of the user's own defines that cannot be used. */
  readonly plugins: Pick<PluginFolder, 'current'>;
}

/** The agents as the settings describe them; what a request says about its agent goes before the settings. */
export class AgentDirectory {
  readonly #options: AgentDirectoryOptions;

  constructor(options: AgentDirectoryOptions) {
    this.#options = options;
  }

  /** Throws `agent-missing` for an id that nobody knows, `bad-usage` for options that no agent takes. */
  agent(id: string, settings: Settings, given: Readonly<Record<string, unknown>>): Agent {
    const known = this.#registry(settings);
    const refused = this.#options.plugins.current.refused.find((each) => each.id === id);
    if (refused !== undefined && !known.ids.includes(id))
      throw new CoppiceError('agent-unusable', `The plugin "${id}" is not used. ${refusalText(refused)}`, refused.fix);
    return known.agent(id, { ...settled(id, settings), ...readOptions(given) });
  }

  all(settings: Settings): readonly Agent[] {
    const known = this.#registry(settings);
    return known.ids.map((id) => known.agent(id, settled(id, settings)));
  }

  #registry(settings: Settings): AgentRegistry {
    const { demoAgent, acpBridge, helpServer, state } = this.#options;
    const electron = process.versions['electron'] === undefined ? {} : { env: { ELECTRON_RUN_AS_NODE: '1' } };
    const node = { node: process.execPath, ...electron };
    const programs = {
      demo: { ...node, script: demoAgent, state },
      acp: { ...node, script: acpBridge },
      help: { ...node, script: helpServer },
    };
    return agentRegistry({ custom: settings.customAgents, programs });
  }
}

/** What the settings say about an agent. */
function settled(id: string, settings: Settings): AgentOptions {
  return { ollama: settings['supervision.endpoint'], ...settings.agents[id] };
}

/**
 * Options that a request may bring. What decides which program runs, or with what rights, is the user's own setting and
 * is not taken from a request.
 */
function readOptions(given: Readonly<Record<string, unknown>>): AgentOptions {
  const options: { model?: string; maxRetries?: number } = {};
  for (const [key, value] of Object.entries(given)) {
    if (key === 'model' && typeof value === 'string') options.model = value;
    else if (key === 'maxRetries' && typeof value === 'number' && Number.isInteger(value) && value >= 0)
      options.maxRetries = value;
    else
      throw new CoppiceError(
        'bad-usage',
        `"${key}" is no option of an agent, or its value is of the wrong kind.`,
        'Use `model` (text) or `maxRetries` (a number).',
      );
  }
  return options;
}
