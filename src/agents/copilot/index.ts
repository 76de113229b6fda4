import type { Agent, AgentOptions, AgentProgram } from '../agent.ts';
import { helpServers, type HelpServer } from '../help/index.ts';
import { promptArgument } from '../one-shot/argument.ts';
import { oneShotAgent } from '../one-shot/one-shot-agent.ts';
import { copilotReader } from './reader.ts';

/** GitHub Copilot CLI, run once for each prompt. Nobody can be asked while it runs, so it is given all its tools. */
export function copilot(options: AgentOptions, help?: AgentProgram): Agent {
  return oneShotAgent(
    {
      id: 'copilot',
      title: 'GitHub Copilot CLI',
      program: 'copilot',
      install: 'npm install -g @github/copilot',
      signIn: ['login'],
      tried: [1, 0, 102],
      ...{ resume: true, ownSessionId: false, usage: false },
      environment: {
        allow: ['COPILOT_*', 'GH_HOST'],
        secrets: ['GH_TOKEN', 'GITHUB_TOKEN', 'COPILOT_GITHUB_TOKEN', 'COPILOT_PROVIDER_API_KEY'],
      },
      command: ({ prompt, resume }, { model, args = [] }, server) => ({
        args: [
          ...['--output-format', 'json', '--allow-all-tools', '--no-color'],
          ...helping(server),
          ...(model === undefined ? [] : ['--model', model]),
          ...(resume === undefined ? [] : ['--resume', resume]),
          ...args,
          `--prompt=${promptArgument(prompt.text)}`,
        ],
      }),
      reader: copilotReader,
    },
    options,
    help,
  );
}

/** Its server for questions to a person, beside those of its user. */
function helping(server: HelpServer | undefined): readonly string[] {
  return server === undefined ? [] : ['--additional-mcp-config', helpServers(server, { type: 'local', tools: ['*'] })];
}
