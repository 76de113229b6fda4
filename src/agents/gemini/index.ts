import type { Agent, AgentOptions } from '../agent.ts';
import { promptArgument } from '../one-shot/argument.ts';
import { oneShotAgent } from '../one-shot/one-shot-agent.ts';
import { geminiReader } from './reader.ts';

/**
 * Gemini CLI, run once for each prompt. Nobody can be asked while it runs: what its approval mode does not allow is refused. Each
 * prompt begins a conversation, since an earlier one can only be named by its place in a list.
 */
export function gemini(options: AgentOptions): Agent {
  return oneShotAgent(
    {
      id: 'gemini',
      title: 'Gemini CLI',
      program: 'gemini',
      install: 'npm install -g @google/gemini-cli',
      signIn: [],
      tried: [0, 61, 0],
      ...{ resume: false, ownSessionId: false, usage: true },
      environment: {
        allow: ['GEMINI_*', 'GOOGLE_GEMINI_BASE_URL', 'GOOGLE_CLOUD_*', 'GOOGLE_GENAI_USE_VERTEXAI'],
        secrets: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
      },
      command: ({ prompt }, { model, permissionMode = 'auto_edit', args = [] }) => ({
        args: [
          ...['--output-format', 'stream-json', '--approval-mode', permissionMode],
          ...(model === undefined ? [] : ['--model', model]),
          ...args,
          `--prompt=${promptArgument(prompt.text)}`,
        ],
        // The worktree is trusted by whoever started the session; else it would ask, and nobody could answer.
        env: { GEMINI_CLI_TRUST_WORKSPACE: 'true' },
      }),
      reader: geminiReader,
    },
    options,
  );
}
