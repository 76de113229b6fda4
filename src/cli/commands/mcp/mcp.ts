import type { Command } from 'commander';
import { toErrorRecord } from '../../../core/errors.ts';
import { answerMcp, type McpOutcome, type McpServer } from '../../../core/mcp.ts';
import type { Context, Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { jsonLine } from '../../json-line.ts';
import { linesOf } from './lines.ts';
import { sessionTools } from './tools.ts';

/** How many calls may be under way; further messages wait. */
const atOnce = 16;

/** Adds `mcp`: a server of the Model Context Protocol on standard input and output, until the input ends. */
export function addMcp(program: Command, perform: Perform): void {
  program
    .command('mcp')
    .summary('be an MCP server: other programs start and follow sessions')
    .description(
      'Serves the Model Context Protocol on standard input and output, with six tools: session_create, session_list, session_get, ' +
        'session_continue, session_cancel, session_logs. Nobody is asked: what a person has to allow first is refused.',
    )
    .action(() =>
      perform(async ({ person: _, ...context }) => {
        await serve(context);
        return exits.done;
      }),
    );
}

/** Answers in the order in which calls are done, so that a slow one holds up no other. */
async function serve(context: Context): Promise<void> {
  const { shell } = context;
  const server: McpServer = {
    ...{ title: 'Coppice', version: shell.version, tools: sessionTools.map(({ run: _, ...tool }) => tool) },
    call: async (name, given) => called(context, name, given),
  };
  const open = new Set<Promise<void>>();
  for await (const line of linesOf(shell.listen())) {
    if (line.trim() === '') continue;
    const answering = answerMcp(fieldsOf(line), server).then((answer) => {
      if (answer !== undefined) shell.stdout.write(`${jsonLine(answer)}\n`);
      open.delete(answering);
    });
    open.add(answering);
    if (open.size >= atOnce) await Promise.race(open);
  }
  await Promise.all(open);
}

/** Never fails: what the engine refuses is told to whoever called, with the next step. */
async function called(context: Context, name: string, given: unknown): Promise<McpOutcome> {
  try {
    const tool = sessionTools.find((each) => each.name === name);
    return tool === undefined ? { wrong: 'There is no such tool.' } : await tool.run(context, given);
  } catch (error) {
    const { code, message, next } = toErrorRecord(error);
    return { text: `${message} ${next} (${code})`, isError: true };
  }
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
