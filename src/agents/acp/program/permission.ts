import type { Answer } from '../../../core/agent/events.ts';
import { fieldsOf, listOf, wordOf, type Fields } from '../../fields.ts';
import type { OutMessage } from '../../line-protocol/messages.ts';
import { plainLine, plainText } from '../../plain-text.ts';
import { geminiHelp } from '../../help/index.ts';
import { contentText, toolInput, toolName } from './updates.ts';

/** What an ACP client answers to a request for permission. */
export interface Outcome {
  readonly outcome: { readonly outcome: 'cancelled' } | { readonly outcome: 'selected'; readonly optionId: string };
}

export const cancelled: Outcome = { outcome: { outcome: 'cancelled' } };

/** The question for a person that a request of the agent (`session/request_permission`) means. */
export function askOf(id: string, request: Fields): Extract<OutMessage, { type: 'ask' }> {
  const call = fieldsOf(request['toolCall']) ?? {};
  const title = wordOf(call['title']) ?? `Use ${toolName(call)}`;
  const text = listOf(call['content'])
    .map((each) => contentText(fieldsOf(each)?.['content']))
    .filter((each) => each !== '');
  const input = toolInput(call);
  const use = wordOf(call['toolCallId']);
  return {
    ...{ type: 'ask', id, kind: 'permission', title: plainLine(title, 200), tool: toolName(call), input },
    ...(use === undefined ? {} : { use }),
    // In ACP a permission is a choice between options: there is no way to say another input.
    fixed: true,
    detail: plainText([title, ...text].join('\n'), 16 * 1024),
  };
}

/**
 * Whether it is asked for leave to call our own help tool, which asks a person and does nothing else. ACP has no field for the name of
 * a tool, and titles are made of what a model writes (a command, an argument). So both count, the title and the id that the agent's
 * program made of the name; of any other a person is asked.
 */
export function isOwnHelp(request: Fields): boolean {
  const call = fieldsOf(request['toolCall']) ?? {};
  const [id, title] = [call['toolCallId'], call['title']];
  return typeof id === 'string' && geminiHelp.id.test(id) && title === geminiHelp.title;
}

/**
 * The option that says what the person said, for this one time where the agent offers that: what is allowed beyond is the
 * engine's to remember. Without such an option nothing is allowed.
 */
export function outcomeOf(request: Fields, { choice }: Answer): Outcome {
  const options = listOf(request['options']).map((each) => fieldsOf(each) ?? {});
  const wanted = choice === 'allow' || choice === 'answer' ? ['allow_once', 'allow_always'] : ['reject_once'];
  if (choice === 'abort') return cancelled;
  for (const kind of wanted) {
    const optionId = wordOf(options.find((each) => each['kind'] === kind)?.['optionId']);
    if (optionId !== undefined) return { outcome: { outcome: 'selected', optionId } };
  }
  return cancelled;
}
