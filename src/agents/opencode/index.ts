import type { Agent, AgentOptions, AgentProgram } from '../agent.ts';
import { helpServer, type HelpServer } from '../help/index.ts';
import { promptArgument } from '../one-shot/argument.ts';
import { oneShotAgent } from '../one-shot/one-shot-agent.ts';
import { opencodeReader } from './reader.ts';

/** OpenCode, run once for each prompt. What it may do without asking is said in its own configuration. */
export function opencode(options: AgentOptions, help?: AgentProgram): Agent {
  return oneShotAgent(
    {
      id: 'opencode',
      title: 'OpenCode',
      program: 'opencode',
      install: 'npm install -g opencode-ai',
      signIn: ['auth', 'login'],
      tried: [1, 18, 33],
      ...{ resume: true, ownSessionId: false, usage: true },
      environment: {
        allow: ['OPENCODE_*', 'ANTHROPIC_BASE_URL', 'OPENAI_BASE_URL', 'OLLAMA_HOST'],
        secrets: ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENROUTER_API_KEY', 'GEMINI_API_KEY', 'GITHUB_TOKEN'],
      },
      command: ({ prompt, resume, variables = [] }, { model, args = [] }, server) => {
        const text = promptArgument(prompt.text);
        const which = resume === undefined ? [] : ['--session', resume];
        const own = ['run', '--format', 'json', ...(model === undefined ? [] : ['--model', model]), ...which, ...args];
        // Of a prompt that begins with a hyphen an option would be made; a blank before it changes nothing in a text.
        return {
          args: [...own, text.startsWith('-') ? ` ${text}` : text],
          env: { OPENCODE_DISABLE_AUTOUPDATE: '1', ...helping(server, variables) },
        };
      },
      reader: opencodeReader,
    },
    options,
    help,
  );
}

/** Laid over all other configuration of OpenCode, key by key. */
const configuration = 'OPENCODE_CONFIG_CONTENT';

/** Its server for questions to a person. Where the user has said something in that variable, it stays as it is. */
function helping(server: HelpServer | undefined, variables: readonly string[]): Readonly<Record<string, string>> {
  if (server === undefined || variables.includes(configuration)) return {};
  const { command, args, env } = server;
  const local = { type: 'local', command: [command, ...args], environment: env, enabled: true };
  return { [configuration]: JSON.stringify({ mcp: { [helpServer]: local } }) };
}
