/** What all agents of the user's own have in common, whatever they speak. */
import type { CustomAgent } from '../../core/settings/types.ts';
import type { Agent, AgentOptions, Detected } from '../agent.ts';

/** The variables that such an agent gets: those that its definition names, and those of the settings. */
export function environmentOf(
  { env = [], secrets = [] }: Pick<CustomAgent, 'env' | 'secrets'>,
  options: Pick<AgentOptions, 'env'>,
): Agent['environment'] {
  return { allow: [...env, ...(options.env ?? [])], secrets };
}

/** What a look at its program found. `code` is undefined when it could not be started. */
export function detected(id: string, program: string, code: number | undefined, version: string): Detected {
  if (code !== undefined) return { version };
  return {
    problem: `The program of the agent "${id}" (\`${program}\`) cannot be started.`,
    fix: `Install it, or correct its command (\`agents.custom.${id}.command\` in the settings, or the plugin \`${id}.yaml\`).`,
  };
}
