import type { Agent, AgentContext, AgentCommand, AgentOptions, AgentPrograms } from '../agent.ts';
import { lastWords } from '../exit.ts';
import { encode } from '../line-protocol/encode.ts';
import { LineProtocolReader } from '../line-protocol/reader.ts';

/** The small program of ours that does what the words of its prompt say; see `program/words.ts`. */
export function demo(options: AgentOptions, programs: AgentPrograms): Agent {
  const { node, script, env = {} } = programs.demo;
  const program = options.command ?? node;
  return {
    id: 'demo',
    title: 'Demo agent',
    capabilities: {
      duplex: true,
      steer: true,
      interrupt: true,
      resume: true,
      rewind: true,
      permissions: true,
      questions: true,
      ownSessionId: true,
      usage: false,
      // It writes below its working directory and nowhere else.
      needsHostConsent: false,
    },
    environment: { allow: options.env ?? [], secrets: [] },
    detection: {
      command: program,
      args: [script, '--version'],
      parse: (stdout, stderr, code) => {
        const version = /^coppice-demo (\S+)$/mu.exec(stdout)?.[1];
        if (code === 0 && version !== undefined) return { version };
        const why = lastWords(stderr)?.split('\n')[0];
        return {
          problem: `The demo agent cannot be started with \`${program}\`.${why === undefined ? '' : ` It said: ${why}`}`,
          fix: 'Install Coppice again; it needs Node 20.19 or later.',
        };
      },
    },
    command: (context) =>
      command(program, script, { ...env, COPPICE_AGENT_STATE: programs.demo.state }, options, context),
    reader: () => new LineProtocolReader({ once: false }),
    encode,
  };
}

function command(
  program: string,
  script: string,
  env: Readonly<Record<string, string>>,
  options: AgentOptions,
  { resume, resumeAt, agentSession }: AgentContext,
): AgentCommand {
  const conversation = resume ?? agentSession;
  const which = conversation === undefined ? [] : [resume === undefined ? '--session' : '--resume', conversation];
  if (resumeAt !== undefined)
    which.push('--at', resumeAt, ...(agentSession === undefined ? [] : ['--session', agentSession]));
  const model = options.model === undefined ? [] : [`--model=${options.model}`];
  const args = [script, ...which, ...model, ...(options.args ?? [])];
  return { command: program, args, env, duplex: true, firstInputs: [], files: [] };
}
