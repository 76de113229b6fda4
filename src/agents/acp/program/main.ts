/**
 * The bridge to agents that speak ACP: it is started in the agent's place, starts the agent, and tells the engine in the line protocol
 * what the agent says. So it lives exactly as long as the agent does, and an engine that ends or starts is not noticed.
 * `[--help-server SCRIPT] [--resume ID] [--mode ID] [--model ID] -- COMMAND ARGUMENT…`
 */
import { parseArgs } from 'node:util';
import { client } from '@agentclientprotocol/sdk';
import { fieldsOf } from '../../fields.ts';
import { jsonLine } from '../../json-line.ts';
import { linesOf, messageOf } from '../../line-protocol/input.ts';
import type { OutMessage } from '../../line-protocol/messages.ts';
import { AgentProcess } from './agent-process.ts';
import { Conversation } from './conversation.ts';
import { open, type Opening } from './open.ts';

const usage =
  'Usage: acp-bridge [--help-server SCRIPT] [--resume ID] [--mode ID] [--model ID] -- COMMAND [ARGUMENT…]\n';

/** An agent that is told to end its turn mostly does within a second; one that runs a tool may need some. */
const patienceMs = 15_000;

function say(message: OutMessage): void {
  process.stdout.write(jsonLine(message));
}

/** Nothing of what an agent sends is checked by its schema: it is read with care instead, so that an odd field breaks nothing. */
const anything = (params: unknown): Readonly<Record<string, unknown>> => fieldsOf(params) ?? {};

/** Talks until the input ends or the agent does. The exit code. */
async function converse([command = '', ...args]: readonly string[], opening: Opening): Promise<number> {
  let conversation: Conversation | undefined;
  const agent = new AgentProcess(command, args);
  const connection = client({ name: 'coppice' })
    .onNotification('session/update', anything, ({ params }) => {
      conversation?.update(fieldsOf(params['update']) ?? {});
    })
    .onRequest('session/request_permission', anything, async ({ params }) => {
      return (await conversation?.permission(params)) ?? { outcome: { outcome: 'cancelled' } };
    })
    .connect(agent.stream);
  const ended = agent.ended.then(({ code, error }) => {
    if (error !== undefined) process.stderr.write(`${command} cannot be started: ${error}\n`);
    return code;
  });
  const talk = async (): Promise<number> => {
    const session = await open(connection.agent, opening, say);
    const talking = new Conversation({ agent: connection.agent, session, say, patienceMs });
    conversation = talking;
    const reading = async (): Promise<void> => {
      for await (const line of linesOf(process.stdin)) {
        const message = messageOf(line);
        if (message !== undefined) await talking.take(message);
      }
      await talking.done();
    };
    await Promise.race([reading(), talking.failed]);
    return 0;
  };
  try {
    // An agent that ends has said all that it will; how it ended is then how the run ended.
    return await Promise.race([ended.then((code) => (code === 0 ? 1 : code)), talk()]);
  } catch (error) {
    const gone = await Promise.race([ended, Promise.resolve(undefined)]);
    if (gone !== undefined) return gone === 0 ? 1 : gone;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await agent.end();
    connection.close();
  }
}

async function main(): Promise<number> {
  let given;
  try {
    const text = { type: 'string' } as const;
    given = parseArgs({
      options: { 'help-server': text, resume: text, mode: text, model: text },
      allowPositionals: true,
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if (given.positionals.length === 0) {
    process.stderr.write(usage);
    return 2;
  }
  const { 'help-server': help, ...opening } = given.values;
  return converse(given.positionals, { ...opening, help });
}

// What still reads the input would keep the process.
process.exit(await main());
