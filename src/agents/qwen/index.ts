import type { Agent, AgentCommand, AgentContext, AgentOptions, AgentProgram } from '../agent.ts';
import { helpServers, type HelpServer } from '../help/index.ts';
import { promptArgument } from '../one-shot/argument.ts';
import { oneShotAgent } from '../one-shot/one-shot-agent.ts';
import { QwenReader } from './reader.ts';

/** Qwen Code, run once for each prompt. Its stream has the shapes of Claude Code's. What its approval mode does not allow is refused. */
export function qwen(options: AgentOptions, help?: AgentProgram): Agent {
  return oneShotAgent(
    {
      id: 'qwen',
      title: 'Qwen Code',
      program: 'qwen',
      install: 'npm install -g @qwen-code/qwen-code',
      signIn: [],
      tried: [0, 24, 4],
      ...{ resume: true, ownSessionId: true, usage: true },
      environment: {
        allow: ['QWEN_*', 'OPENAI_BASE_URL', 'OPENAI_MODEL', 'DASHSCOPE_BASE_URL'],
        secrets: ['OPENAI_API_KEY', 'DASHSCOPE_API_KEY'],
      },
      command: (context, { model, permissionMode = 'auto-edit', args = [] }, server) => {
        const { prompt, resume, agentSession } = context;
        const fresh = agentSession === undefined ? [] : ['--session-id', agentSession];
        return {
          ...helping(server, context),
          args: [
            ...['--output-format', 'stream-json', '--approval-mode', permissionMode],
            ...(model === undefined ? [] : ['--model', model]),
            ...(resume === undefined ? fresh : ['--resume', resume]),
            ...args,
            `--prompt=${promptArgument(prompt.text)}`,
          ],
        };
      },
      reader: () => new QwenReader(),
    },
    options,
    help,
  );
}

/** Names a file of settings that all others are laid over, key by key and server by server. */
const defaults = 'QWEN_CODE_SYSTEM_DEFAULTS_PATH';

/** Its server for questions to a person. A version that does not know the variable goes on without; what the user says in it stays. */
function helping(
  server: HelpServer | undefined,
  { directory, variables = [] }: AgentContext,
): Partial<Pick<AgentCommand, 'env' | 'files'>> {
  if (server === undefined || variables.includes(defaults)) return {};
  const path = `${directory}/qwen-defaults.json`;
  return { env: { [defaults]: path }, files: [{ path, text: helpServers(server, { trust: true }) }] };
}
