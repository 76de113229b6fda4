import type { AgentCommand, AgentContext, AgentProgram } from '../agent.ts';

/** Name of the server towards agents, which no server of a user's own has, and the name by which Claude Code knows its tool. */
export const helpServer = 'coppice_help';
export const helpTool = `mcp__${helpServer}__request_help`;

/**
 * Ids and title that Gemini CLI (0.61) gives calls of it. An id is the name under which the tool is registered, two underscores, and what
 * the service calls it or the time and a number; a tool whose name goes on after ours has two underscores more.
 */
export const geminiHelp = {
  id: new RegExp(`^mcp_${helpServer}_request_help__(?!.*__)[\\w.-]{1,200}$`, 'u'),
  title: `request_help (${helpServer} MCP Server)`,
} as const;

/** How an agent starts the server through which it asks for help, as most agents are told of MCP servers. */
export interface HelpServer {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** That of this host, or a copy in the directory of the run where programs of this host cannot be run, with the file that it takes. */
export function helpServerFor(
  { carried, cwd, directory }: Pick<AgentContext, 'carried' | 'cwd' | 'directory'>,
  { node, script, env = {} }: AgentProgram,
): { readonly server: HelpServer; readonly files: AgentCommand['files'] } {
  if (carried === undefined) return { server: { command: node, args: [script, cwd], env }, files: [] };
  const path = `${directory}/help-server.mjs`;
  return { server: { command: 'node', args: [path, cwd], env: {} }, files: [{ path, text: carried.help }] };
}

/** As JSON in the shape that Claude Code brought into use, with what the agent at hand wants said beside it. */
export function helpServers(server: HelpServer, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ mcpServers: { [helpServer]: { ...server, ...more } } });
}
