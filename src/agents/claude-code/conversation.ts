import type { AgentEvent } from '../../core/agent/events.ts';
import { fieldsOf, listOf, shallowOf, textOf, wordOf, type Fields } from '../fields.ts';
import { plainLine, plainText } from '../plain-text.ts';

/** Longest output of a tool that goes into an event, characters; all of it is in the stream. */
const outputLimit = 32 * 1024;

/** Whether an event belongs to a subagent's conversation, not to the main one. */
export function isOfSubagent(fields: Fields): boolean {
  return typeof fields['parent_tool_use_id'] === 'string';
}

/** The blocks of an `assistant` event or of a message in it: what was said and which tools were called. */
export function assistantEvents(fields: Fields): readonly AgentEvent[] {
  const mark = isOfSubagent(fields) ? ({ subagent: true } as const) : {};
  return listOf(fieldsOf(fields['message'])?.['content']).flatMap((each): AgentEvent[] => {
    const block = fieldsOf(each) ?? {};
    const type = textOf(block['type']) ?? 'without type';
    switch (type) {
      case 'text':
        return said(block['text'], mark);
      case 'thinking':
        return said(block['thinking'], { ...mark, thinking: true });
      case 'redacted_thinking':
        return [];
      case 'tool_use':
      case 'server_tool_use':
      case 'mcp_tool_use':
        return called(block, mark);
    }
    if (type.endsWith('tool_result')) return toolResult(block, undefined, false);
    return [{ kind: 'unrecognised', what: `assistant block ${plainLine(type, 60)}` }];
  });
}

function said(text: unknown, mark: { thinking?: true; subagent?: true }): AgentEvent[] {
  const words = wordOf(text);
  return words === undefined ? [] : [{ kind: 'message', text: words, ...mark }];
}

function called(block: Fields, mark: { subagent?: true }): AgentEvent[] {
  const id = wordOf(block['id']);
  if (id === undefined) return [{ kind: 'unrecognised', what: 'tool use without an id' }];
  const name = wordOf(block['name']) ?? 'unknown';
  return [{ kind: 'tool-started', id, name, input: shallowOf(block['input']) ?? {}, ...mark }];
}

/** One `tool_result` block of a `user` event. `refused`: a person refused this call. */
export function toolResult(block: Fields, meta: Fields | undefined, refused: boolean): AgentEvent[] {
  const id = wordOf(block['tool_use_id']);
  if (id === undefined) return [{ kind: 'unrecognised', what: 'tool result without an id' }];
  const ok = block['is_error'] !== true;
  const denied = !ok && (refused || isDenied(meta));
  const output = plainText(outputOf(block['content']), outputLimit);
  return [{ kind: 'tool-ended', id, ok, ...(denied ? { denied } : {}), output }];
}

/** The entry of `tool_result_meta` about a call. Old versions have none. */
export function metaOf(fields: Fields, id: unknown): Fields | undefined {
  return listOf(fields['tool_result_meta'])
    .map(fieldsOf)
    .find((meta) => meta !== undefined && meta['id'] === id);
}

/** The kind `user-rejected` alone is said of a call that was stopped while it ran, too. */
function isDenied(meta: Fields | undefined): boolean {
  return (
    fieldsOf(meta?.['permission_decision'])?.['decision'] === 'reject' ||
    meta?.['non_execution_kind'] === 'permission-rule'
  );
}

function outputOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts = listOf(content).map((each) => {
    const block = fieldsOf(each) ?? {};
    return textOf(block['text']) ?? (block['type'] === 'image' ? '[image]' : '');
  });
  return parts.filter((part) => part !== '').join('\n');
}

/** The text blocks of a `user` event, one after the other. */
export function userTexts(fields: Fields): readonly string[] {
  const content = fieldsOf(fields['message'])?.['content'];
  if (typeof content === 'string') return [content];
  return listOf(content).flatMap((each) => {
    const block = fieldsOf(each);
    const text = block?.['type'] === 'text' ? wordOf(block['text']) : undefined;
    return text === undefined ? [] : [text];
  });
}
