import type { Agent, AgentOptions } from '../agent.ts';
import { promptArgument } from '../one-shot/argument.ts';
import { oneShotAgent } from '../one-shot/one-shot-agent.ts';
import { opencodeReader } from './reader.ts';

/** OpenCode, run once for each prompt. What it may do without asking is said in its own configuration. */
export function opencode(options: AgentOptions): Agent {
  return oneShotAgent(
    {
      id: 'opencode',
      title: 'OpenCode',
      program: 'opencode',
      install: 'npm install -g opencode-ai',
      tried: [1, 18, 33],
      ...{ resume: true, ownSessionId: false, usage: true },
      environment: {
        allow: ['OPENCODE_*', 'ANTHROPIC_BASE_URL', 'OPENAI_BASE_URL', 'OLLAMA_HOST'],
        secrets: ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENROUTER_API_KEY', 'GEMINI_API_KEY', 'GITHUB_TOKEN'],
      },
      command: ({ prompt, resume }, { model, args = [] }) => {
        const text = promptArgument(prompt.text);
        const which = resume === undefined ? [] : ['--session', resume];
        const own = ['run', '--format', 'json', ...(model === undefined ? [] : ['--model', model]), ...which, ...args];
        // Of a prompt that begins with a hyphen an option would be made; a blank before it changes nothing in a text.
        return { args: [...own, text.startsWith('-') ? ` ${text}` : text], env: { OPENCODE_DISABLE_AUTOUPDATE: '1' } };
      },
      reader: opencodeReader,
    },
    options,
  );
}
