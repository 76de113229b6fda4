import type { Agent, AgentOptions } from '../agent.ts';
import { promptArgument } from '../one-shot/argument.ts';
import { oneShotAgent } from '../one-shot/one-shot-agent.ts';
import { QwenReader } from './reader.ts';

/** Qwen Code, run once for each prompt. Its stream has the shapes of Claude Code's. What its approval mode does not allow is refused. */
export function qwen(options: AgentOptions): Agent {
  return oneShotAgent(
    {
      id: 'qwen',
      title: 'Qwen Code',
      program: 'qwen',
      install: 'npm install -g @qwen-code/qwen-code',
      tried: [0, 24, 4],
      ...{ resume: true, ownSessionId: true, usage: true },
      environment: {
        allow: ['QWEN_*', 'OPENAI_BASE_URL', 'OPENAI_MODEL', 'DASHSCOPE_BASE_URL'],
        secrets: ['OPENAI_API_KEY', 'DASHSCOPE_API_KEY'],
      },
      command: ({ prompt, resume, agentSession }, { model, permissionMode = 'auto-edit', args = [] }) => {
        const fresh = agentSession === undefined ? [] : ['--session-id', agentSession];
        return {
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
  );
}
