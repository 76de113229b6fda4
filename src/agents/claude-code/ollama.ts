import type { AgentOptions } from '../agent.ts';

/** Where Ollama listens unless it is said. */
const usual = 'http://127.0.0.1:11434';

/** What Claude Code is told so that it asks nobody but a model of Ollama (`/v1/messages`). */
export interface LocalModel {
  readonly model: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The model of Ollama that `ollama:NAME` names; undefined for any other model. The keys of the user's shell are no business of that
 * server: they are laid over with nothing.
 */
export function localModel({ model = '', ollama = usual }: AgentOptions): LocalModel | undefined {
  const name = /^ollama:(.+)$/u.exec(model)?.[1];
  if (name === undefined) return undefined;
  const every = ['DEFAULT_OPUS_MODEL', 'DEFAULT_SONNET_MODEL', 'DEFAULT_HAIKU_MODEL', 'SMALL_FAST_MODEL'];
  const none = [
    ...['ANTHROPIC_API_KEY', 'ANTHROPIC_CUSTOM_HEADERS', 'CLAUDE_CODE_OAUTH_TOKEN'],
    ...['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'],
  ];
  const env = {
    ...Object.fromEntries(none.map((variable) => [variable, ''])),
    ...Object.fromEntries(every.map((variable) => [`ANTHROPIC_${variable}`, name])),
    CLAUDE_CODE_SUBAGENT_MODEL: name,
    ANTHROPIC_BASE_URL: ollama,
    // Ollama takes any; without one Claude Code wants a login.
    ANTHROPIC_AUTH_TOKEN: 'ollama',
  };
  return { model: name, env };
}
