import type { AgentEnvironment } from '../agent.ts';

/**
 * What Claude Code is told by its requester's environment: which service it asks, how it gets through a company's network,
 * and how long it may think. Its own markers of a session that runs (`CLAUDECODE`, `CLAUDE_CODE_SSE_PORT`, …) are not in it:
 * an agent started from the shell of another must not take itself for that one's child.
 */
export const environment: AgentEnvironment = {
  allow: [
    ...[
      'ANTHROPIC_*',
      'CLAUDE_CONFIG_DIR',
      'CLAUDE_CODE_USE_BEDROCK',
      'CLAUDE_CODE_USE_VERTEX',
      'CLAUDE_CODE_USE_FOUNDRY',
    ],
    ...[
      'CLAUDE_CODE_MAX_OUTPUT_TOKENS',
      'CLAUDE_CODE_SUBAGENT_MODEL',
      'CLAUDE_CODE_EFFORT_LEVEL',
      'CLAUDE_CODE_GIT_BASH_PATH',
    ],
    ...['CLAUDE_CODE_SKIP_BEDROCK_AUTH', 'CLAUDE_CODE_SKIP_VERTEX_AUTH', 'CLAUDE_CODE_SKIP_FOUNDRY_AUTH'],
    ...['CLAUDE_CODE_CLIENT_CERT', 'CLAUDE_CODE_CLIENT_KEY', 'CLAUDE_CODE_API_KEY_HELPER_TTL_MS'],
    ...['AWS_*', 'CLOUD_ML_REGION', 'VERTEX_REGION_*', 'GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT'],
    ...['API_TIMEOUT_MS', 'BASH_DEFAULT_TIMEOUT_MS', 'BASH_MAX_TIMEOUT_MS', 'MAX_THINKING_TOKENS', 'IS_SANDBOX'],
  ],
  secrets: [
    ...['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_CUSTOM_HEADERS', 'ANTHROPIC_FOUNDRY_API_KEY'],
    ...['CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CODE_CLIENT_KEY_PASSPHRASE'],
    ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_BEARER_TOKEN_BEDROCK'],
  ],
};
