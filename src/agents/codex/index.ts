import type { Agent, AgentOptions, AgentProgram } from '../agent.ts';
import { helpServer, type HelpServer } from '../help/index.ts';
import { oneShotAgent } from '../one-shot/one-shot-agent.ts';
import { codexReader } from './reader.ts';

/** OpenAI's Codex, run once for each prompt, which it reads from its input. It works in a sandbox of its own unless told. */
export function codex(options: AgentOptions, help?: AgentProgram): Agent {
  return oneShotAgent(
    {
      id: 'codex',
      title: 'Codex',
      program: 'codex',
      install: 'npm install -g @openai/codex',
      signIn: ['login'],
      tried: [0, 169, 0],
      ...{ resume: true, ownSessionId: false, usage: false },
      environment: { allow: ['CODEX_HOME', 'OPENAI_*'], secrets: ['OPENAI_API_KEY', 'CODEX_API_KEY'] },
      command: ({ prompt, resume }, { model, permissionMode = 'workspace-write', args = [] }, server) => {
        const shared = ['--json', '--skip-git-repo-check', ...(model === undefined ? [] : ['--model', model])];
        const own = ['--sandbox', permissionMode, ...shared, ...helping(server), ...args];
        const words = resume === undefined ? ['exec', ...own, '-'] : ['exec', ...own, 'resume', resume, '-'];
        return { args: words, firstInputs: [`${prompt.text}\n`] };
      },
      reader: codexReader,
    },
    options,
    help,
  );
}

/** How long a turn waits for servers that are still starting, milliseconds; by itself Codex begins without them after a moment. */
const startMs = 20_000;

/** Its server for questions to a person, as settings of this run: TOML, in which a string of JSON is a string. Nobody is there to approve it. */
function helping(server: HelpServer | undefined): readonly string[] {
  if (server === undefined) return [];
  const { command, args, env } = server;
  const variables = Object.entries(env).map((pair) => pair.map((each) => JSON.stringify(each)).join('='));
  const settings = {
    command: JSON.stringify(command),
    args: JSON.stringify(args),
    env: `{${variables.join(',')}}`,
    default_tools_approval_mode: '"approve"',
  };
  const own = Object.entries(settings).map(([name, value]) => `mcp_servers.${helpServer}.${name}=${value}`);
  return [...own, `mcp_optional_startup_grace_ms=${startMs}`].flatMap((each) => ['-c', each]);
}
