import type { Agent, AgentOptions } from '../agent.ts';
import { oneShotAgent } from '../one-shot/one-shot-agent.ts';
import { codexReader } from './reader.ts';

/** OpenAI's Codex, run once for each prompt, which it reads from its input. It works in a sandbox of its own unless told. */
export function codex(options: AgentOptions): Agent {
  return oneShotAgent(
    {
      id: 'codex',
      title: 'Codex',
      program: 'codex',
      install: 'npm install -g @openai/codex',
      tried: [0, 169, 0],
      ...{ resume: true, ownSessionId: false, usage: false },
      environment: { allow: ['CODEX_HOME', 'OPENAI_*'], secrets: ['OPENAI_API_KEY', 'CODEX_API_KEY'] },
      command: ({ prompt, resume }, { model, permissionMode = 'workspace-write', args = [] }) => {
        const shared = ['--json', '--skip-git-repo-check', ...(model === undefined ? [] : ['--model', model])];
        const own = ['--sandbox', permissionMode, ...shared, ...args];
        const words = resume === undefined ? ['exec', ...own, '-'] : ['exec', ...own, 'resume', resume, '-'];
        return { args: words, firstInputs: [`${prompt.text}\n`] };
      },
      reader: codexReader,
    },
    options,
  );
}
