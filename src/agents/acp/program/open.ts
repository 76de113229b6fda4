/** The beginning of a conversation: who the agent is, and a session with it, taken up again or begun. */
import { PROTOCOL_VERSION, type ClientContext } from '@agentclientprotocol/sdk';
import { fieldsOf, listOf, wordOf, type Fields } from '../../fields.ts';
import type { OutMessage } from '../../line-protocol/messages.ts';
import { plainLine } from '../../plain-text.ts';
import { helpServer } from '../../help/index.ts';

/** What a conversation begins with. */
export interface Opening {
  /** Id of the conversation to take up again. */
  readonly resume?: string | undefined;
  /** The agent's own name of how it asks. */
  readonly mode?: string | undefined;
  /** The agent's own name of a model. */
  readonly model?: string | undefined;
  /** The script of the MCP server through which the agent asks for help. */
  readonly help?: string | undefined;
}

type Say = (message: OutMessage) => void;

/** Several times what the slowest agent that was tried takes (7 s on a busy machine). */
const patienceMs = 120_000;

/** The id of the conversation. Throws, with what to do, when there can be none. */
export async function open(agent: ClientContext, opening: Opening, say: Say): Promise<string> {
  const limit = { cancellationSignal: AbortSignal.timeout(patienceMs), stopWaitingOnCancel: true };
  const ask = async (method: string, params: object): Promise<Fields> => {
    try {
      return fieldsOf(await agent.request(method, params, limit)) ?? {};
    } catch (error) {
      throw new Error(`${explained(error)} (${method})`, { cause: error });
    }
  };
  const known = await ask('initialize', {
    protocolVersion: PROTOCOL_VERSION,
    clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
    clientInfo: { name: 'coppice', title: 'Coppice', version: '1' },
  });
  const version = known['protocolVersion'];
  if (version !== PROTOCOL_VERSION) {
    const which = typeof version === 'number' ? `version ${version}` : 'no version that is known';
    throw new Error(
      `The agent speaks ${which} of ACP, Coppice speaks version ${PROTOCOL_VERSION}: update one of both.`,
    );
  }
  const place = { cwd: process.cwd(), mcpServers: opening.help === undefined ? [] : [server(opening.help)] };
  const { session, state } = await taken(ask, known, opening.resume, place, say);
  await choose(ask, session, state, opening, say);
  const info = fieldsOf(known['agentInfo']);
  const of = wordOf(info?.['version']);
  say({ type: 'session', session, ...(of === undefined ? {} : { version: plainLine(of, 60) }) });
  return session;
}

/** Under the program that this one runs under. */
function server(script: string): object {
  const name = 'ELECTRON_RUN_AS_NODE';
  const value = process.env[name];
  const env = value === undefined ? [] : [{ name, value }];
  return { name: helpServer, command: process.execPath, args: [script, process.cwd()], env };
}

type Ask = (method: string, params: object) => Promise<Fields>;

async function taken(
  ask: Ask,
  known: Fields,
  resume: string | undefined,
  place: object,
  say: Say,
): Promise<{ readonly session: string; readonly state: Fields }> {
  const can = fieldsOf(known['agentCapabilities']) ?? {};
  if (resume !== undefined) {
    // Where both are known, the one that does not tell the whole history again.
    const resumes = fieldsOf(fieldsOf(can['sessionCapabilities'])?.['resume']) !== undefined;
    const method = resumes ? 'session/resume' : can['loadSession'] === true ? 'session/load' : undefined;
    try {
      if (method !== undefined) return { session: resume, state: await ask(method, { ...place, sessionId: resume }) };
      say(anew('This agent cannot take a conversation up again'));
    } catch (error) {
      // Gemini CLI 0.61 loses a conversation that is taken up within the minute in which it began.
      say(anew(`The conversation cannot be taken up again: ${plainLine(String(error), 300)}`));
    }
  }
  const state = await ask('session/new', place);
  const session = wordOf(state['sessionId']);
  if (session === undefined) throw new Error('The agent gave its conversation no name (session/new).');
  return { session, state };
}

/** Files are what a conversation that begins anew has; that it knows no more must not go unsaid. */
function anew(why: string): OutMessage {
  return { type: 'notice', severity: 'warning', text: `${why}. It begins a new one, and knows only the files.` };
}

/** How it asks, and its model. An agent that does not know what is wanted goes on as it is, and says so. */
async function choose(ask: Ask, session: string, state: Fields, { mode, model }: Opening, say: Say): Promise<void> {
  const refused = (what: string) => (error: unknown) => {
    const why = plainLine(error instanceof Error ? error.message : String(error), 300);
    say({ type: 'notice', severity: 'warning', text: `The agent did not take ${what}: ${why}` });
  };
  if (mode !== undefined)
    await ask('session/set_mode', { sessionId: session, modeId: mode }).catch(refused(`the mode ${mode}`));
  if (model === undefined) return;
  const options = listOf(state['configOptions']).map((each) => fieldsOf(each) ?? {});
  const configId = wordOf(options.find((each) => each['category'] === 'model' || each['id'] === 'model')?.['id']);
  const set =
    configId === undefined
      ? ask('session/set_model', { sessionId: session, modelId: model })
      : ask('session/set_config_option', { sessionId: session, configId, value: model });
  await set.catch(refused(`the model ${model}`));
}

const authRequired = -32000;

function explained(error: unknown): string {
  const { code, message, data } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const details = fieldsOf(data)?.['details'] ?? data;
  const more = typeof details === 'string' ? ` ${details}` : '';
  const text = `${typeof message === 'string' ? message : String(error)}${more}`;
  if (code === authRequired) return `The agent wants you to log in: run it by hand once. ${text}`;
  return text;
}
