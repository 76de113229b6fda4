import { CoppiceError } from '../../core/errors.ts';
import type { AgentCommand, AgentContext, AgentOptions, AgentProgram } from '../agent.ts';
import { helpServerFor, helpServers, helpTool, type HelpServer } from '../help/index.ts';
import { localModel } from './ollama.ts';

/** Edits in the worktree need no permission, everything else does. */
const defaultMode = 'acceptEdits';

/**
 * Repeats of a refused request. The agent's own ten keep a wrong key alive for minutes; five wait about 16 s in all
 * (0.5 s, doubled each time).
 */
const defaultRetries = 5;

/** How Claude Code is started as a live process that reads prompts and answers from its input. */
export function command(
  program: string,
  options: AgentOptions,
  context: AgentContext,
  help?: AgentProgram,
): AgentCommand {
  const { resume, resumeAt, agentSession } = context;
  const local = localModel(options);
  const model = local?.model ?? options.model;
  const helping = help === undefined ? undefined : helpServerFor(context, help);
  const args = [
    ...(helping === undefined ? [] : toldOf(helping.server)),
    ...['-p', '--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'],
    ...['--replay-user-messages', '--permission-prompt-tool', 'stdio'],
    ...['--permission-mode', valueOf('permissionMode', options.permissionMode ?? defaultMode)],
    ...(model === undefined ? [] : ['--model', valueOf('model', model)]),
    ...conversation(resume, resumeAt, agentSession),
    ...(options.args ?? []),
  ];
  const env = {
    CLAUDE_CODE_MAX_RETRIES: String(options.maxRetries ?? defaultRetries),
    // An agent that replaces itself while it works is not the one that was tested.
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    // Says when it is idle (`session_state_changed`).
    CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: '1',
    ...local?.env,
  };
  return { command: program, args, env, duplex: true, firstInputs: [], files: helping?.files ?? [] };
}

/** Its server for questions to a person, of which no person has to be asked first. Both options take several values. */
function toldOf(server: HelpServer): readonly string[] {
  return ['--mcp-config', helpServers(server), '--allowedTools', helpTool];
}

function conversation(
  resume: string | undefined,
  resumeAt: string | undefined,
  chosen: string | undefined,
): readonly string[] {
  const taken = resume === undefined ? [] : ['--resume', valueOf('conversation', resume)];
  const named = chosen === undefined ? [] : ['--session-id', valueOf('conversation', chosen)];
  if (resume === undefined) return named;
  return resumeAt === undefined
    ? taken
    : [...taken, '--resume-session-at', valueOf('message', resumeAt), '--fork-session', ...named];
}

/** A value must not be taken for an option. */
function valueOf(name: string, value: string): string {
  if (/^[^-\0][^\0]*$/u.test(value)) return value;
  throw new CoppiceError(
    'config-invalid',
    `Claude Code cannot be given ${JSON.stringify(value)} as its ${name}.`,
    `Correct \`agents.claude-code.${name}\` in the settings.`,
  );
}
