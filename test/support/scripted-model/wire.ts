/** The Messages API as an agent sees it: whole answers, and answers as a stream of events. */
import type { ServerResponse } from 'node:http';
import type { Turn } from './scenario.ts';

type Json = Readonly<Record<string, unknown>>;
type Block =
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: Json };

const textPiece = 24;
const jsonPiece = 40;

/** Gives ids that are unique within a server. */
export type NewId = (prefix: string) => string;

/** An answer in one piece. */
export function message(turn: Turn, model: string, cwd: string, newId: NewId): Json {
  return {
    ...head(model, newId),
    content: blocksOf(turn, cwd, newId),
    stop_reason: stopReason(turn),
    usage: usageOf(turn),
  };
}

/** Writes an answer as server-sent events. `pause` rejects when nobody listens any more. */
export async function stream(
  response: ServerResponse,
  turn: Turn,
  model: string,
  cwd: string,
  newId: NewId,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  const send = (type: string, data: Json): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': newId('req') });
  const started = {
    ...head(model, newId),
    content: [],
    stop_reason: null,
    usage: { ...usageOf(turn), output_tokens: 1 },
  };
  send('message_start', { message: started });
  for (const [index, block] of blocksOf(turn, cwd, newId).entries()) {
    const delta = (data: Json): void => send('content_block_delta', { index, delta: data });
    send('content_block_start', { index, content_block: emptied(block) });
    if (block.type === 'thinking') {
      delta({ type: 'thinking_delta', thinking: block.thinking });
      delta({ type: 'signature_delta', signature: block.signature });
    } else if (block.type === 'tool_use') {
      for (const piece of pieces(JSON.stringify(block.input), jsonPiece))
        delta({ type: 'input_json_delta', partial_json: piece });
    } else {
      for (const piece of pieces(block.text, textPiece)) {
        delta({ type: 'text_delta', text: piece });
        if (turn.chunkMs !== undefined) await pause(turn.chunkMs);
      }
    }
    send('content_block_stop', { index });
  }
  send('message_delta', { delta: { stop_reason: stopReason(turn), stop_sequence: null }, usage: usageOf(turn) });
  send('message_stop', {});
  response.end();
}

/** The body of a refusal. */
export function errorBody(type: string, words: string): Json {
  return { type: 'error', error: { type, message: words } };
}

function head(model: string, newId: NewId): Json {
  return { id: newId('msg'), type: 'message', role: 'assistant', model, stop_sequence: null };
}

function blocksOf(turn: Turn, cwd: string, newId: NewId): readonly Block[] {
  return [
    ...(turn.thinking === undefined ? [] : [{ type: 'thinking', thinking: turn.thinking, signature: 'c2ln' } as const]),
    ...(turn.text === undefined || turn.text === '' ? [] : [{ type: 'text', text: turn.text } as const]),
    ...(turn.tools ?? []).map(({ name, input }) => {
      const id = newId('toolu');
      return { type: 'tool_use', id, name, input: filled(input, cwd) as Json } as const;
    }),
  ];
}

function emptied(block: Block): Json {
  if (block.type === 'text') return { type: 'text', text: '' };
  if (block.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' };
  return { ...block, input: {} };
}

function filled(value: unknown, cwd: string): unknown {
  if (typeof value === 'string') return value.replaceAll('{cwd}', () => cwd);
  if (Array.isArray(value)) return value.map((each) => filled(each, cwd));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, cwd)]));
}

function pieces(text: string, length: number): readonly string[] {
  const characters = [...text];
  const count = Math.ceil(characters.length / length);
  return Array.from({ length: count }, (_, index) => characters.slice(index * length, (index + 1) * length).join(''));
}

function stopReason(turn: Turn): string {
  return turn.stopReason ?? ((turn.tools ?? []).length > 0 ? 'tool_use' : 'end_turn');
}

function usageOf(turn: Turn): Json {
  const none = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  return { input_tokens: 120, output_tokens: 30, ...none, ...turn.usage, service_tier: 'standard' };
}
