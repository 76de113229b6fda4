import { join } from 'node:path';
import type { Agent, AgentOptions } from '../agent.ts';
import { oneShotAgent } from '../one-shot/one-shot-agent.ts';
import { AiderReader } from './reader.ts';

/** Aider, run once for each prompt, which it reads from a file. It prints text for people: every line is a message. */
export function aider(options: AgentOptions): Agent {
  return oneShotAgent(
    {
      id: 'aider',
      title: 'Aider',
      program: 'aider',
      install: 'pipx install aider-chat',
      tried: [0, 80, 0],
      ...{ resume: false, ownSessionId: false, usage: false },
      environment: {
        allow: ['AIDER_*', 'OLLAMA_API_BASE', 'OPENAI_API_BASE', 'ANTHROPIC_BASE_URL'],
        secrets: ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY', 'OPENROUTER_API_KEY', 'DEEPSEEK_API_KEY'],
      },
      command: ({ prompt, directory }, { model, args = [] }) => {
        const file = join(directory, 'prompt.md');
        // It says yes to everything, so it must not be asked to fetch what a prompt links to.
        const bounded = ['--no-detect-urls', '--no-suggest-shell-commands'];
        const quiet = ['--no-pretty', '--no-stream', '--no-check-update', '--no-show-release-notes', '--no-analytics'];
        return {
          args: [
            ...['--message-file', file, '--yes-always', '--no-gitignore', ...bounded, ...quiet],
            ...(model === undefined ? [] : ['--model', model]),
            ...args,
          ],
          // For the same reason: of an error it would show a page.
          env: { BROWSER: 'true' },
          files: [{ path: file, text: prompt.text }],
        };
      },
      reader: () => new AiderReader(),
    },
    options,
  );
}
