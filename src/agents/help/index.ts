import type { AgentProgram } from '../agent.ts';

/** Name of the server towards agents, and the name by which Claude Code knows its tool. */
export const helpServer = 'coppice';
export const helpTool = `mcp__${helpServer}__request_help`;

/** How an agent starts the server through which it asks for help, as most agents are told of MCP servers. */
export function helpServerCommand(
  { node, script, env = {} }: AgentProgram,
  cwd: string,
): { readonly command: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  return { command: node, args: [script, cwd], env };
}
