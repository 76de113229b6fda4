import type { AgentQuestion, AgentRequest } from '../../core/agent/events.ts';
import { defined } from '../../core/defined.ts';
import { listOf, shallowOf, textOf, wordOf, type Fields } from '../fields.ts';
import { plainLine, plainText } from '../plain-text.ts';

/** Tools whose permission request is their way to talk to a person. */
const questionTool = 'AskUserQuestion';
export const planTool = 'ExitPlanMode';

/** The fields of common tools that say in one line what a call is about, best first. */
const subjects = [
  ...['command', 'file_path', 'notebook_path', 'url', 'path', 'pattern', 'query', 'skill', 'subagent_type'],
  ...['description', 'prompt'],
] as const;

const detailLimit = 64 * 1024;

/** A `can_use_tool` request. `called`: the input with which the model called the tool, where that was seen. */
export function askOf(id: string, request: Fields, called: Fields | undefined): AgentRequest {
  const tool = wordOf(request['tool_name']) ?? 'a tool';
  const input = shallowOf(request['input']);
  const given = input === undefined ? {} : { input };
  if (tool === questionTool && input !== undefined) return { ...questionOf(id, input), tool, input };
  if (tool === planTool) return { ...planOf(id, input ?? {}, called ?? {}), tool, ...given };
  const name = wordOf(request['display_name']) ?? tool;
  const title = plainLine(`${name}: ${subjectOf(input ?? {}) ?? 'may it be used?'}`);
  return {
    id,
    kind: 'permission',
    title,
    detail: permissionDetail(request, input),
    tool: plainLine(tool, 100),
    ...given,
  };
}

/** A request of an MCP server to a person. It is answered whole: a form is filled in with the answer's `input`. */
export function elicitationOf(id: string, request: Fields): AgentRequest {
  const server = plainLine(wordOf(request['mcp_server_name']) ?? 'an MCP server', 100);
  const message = textOf(request['message']) ?? '';
  const wanted = shallowOf(request['requested_schema']);
  const detail = [message, textOf(request['url']), wanted && JSON.stringify(wanted, undefined, 2)];
  return {
    id,
    kind: 'permission',
    title: plainLine(`${server}: ${message}`),
    detail: plainText(detail.filter((part) => part !== undefined).join('\n\n'), detailLimit),
    tool: elicitationTool,
  };
}

/** Stands for the tool of a request that an MCP server made. */
export const elicitationTool = 'MCP elicitation';

function questionOf(id: string, input: Fields): Pick<AgentRequest, 'id' | 'kind' | 'title' | 'detail' | 'questions'> {
  const questions = listOf(input['questions']).flatMap((each) => questionsOf(shallowOf(each)));
  const lines = questions.map((each) => {
    const options = each.options.map(({ label, description }) =>
      description === undefined ? `- ${label}` : `- ${label}: ${description}`,
    );
    return [each.question, ...options].join('\n');
  });
  const title = plainLine(questions[0]?.question ?? 'A question without text');
  return { id, kind: 'question', title, detail: plainText(lines.join('\n\n'), detailLimit), questions };
}

function questionsOf(fields: Fields | undefined): AgentQuestion[] {
  const question = textOf(fields?.['question']);
  if (fields === undefined || question === undefined) return [];
  const header = textOf(fields['header']);
  const options = listOf(fields['options']).flatMap((each) => {
    const option = shallowOf(each);
    const label = textOf(option?.['label']);
    if (label === undefined) return [];
    return [{ label, ...defined({ description: textOf(option?.['description']) }) }];
  });
  return [{ question, ...defined({ header }), options, multiSelect: fields['multiSelect'] === true }];
}

/** Some versions put the plan into the request, others only into the model's call. */
function planOf(id: string, input: Fields, called: Fields): Pick<AgentRequest, 'id' | 'kind' | 'title' | 'detail'> {
  const plan = wordOf(input['plan']) ?? wordOf(called['plan']) ?? '';
  const first = plan.split('\n').find((line) => line.trim() !== '');
  return {
    id,
    kind: 'plan',
    title: plainLine(first === undefined ? 'A plan is ready' : `Plan: ${first.replace(/^#+\s*/u, '')}`),
    detail: plainText(plan === '' ? 'The agent did not say what the plan is.' : plan, detailLimit),
  };
}

function subjectOf(input: Fields): string | undefined {
  for (const name of subjects) {
    const subject = wordOf(input[name]);
    if (subject !== undefined) return subject;
  }
  return undefined;
}

function permissionDetail(request: Fields, input: Fields | undefined): string {
  const parts =
    input === undefined ? ['(The input is nested too deep to be shown.)'] : Object.entries(input).map(lineOf);
  const because = textOf(request['decision_reason']) ?? textOf(request['description']);
  const path = textOf(request['blocked_path']);
  if (because !== undefined && because !== input?.['description']) parts.push(`Why it is asked: ${because}`);
  if (path !== undefined) parts.push(`Path: ${path}`);
  return plainText(parts.join('\n'), detailLimit);
}

function lineOf([name, value]: readonly [string, unknown]): string {
  if (typeof value !== 'string') return `${name}: ${JSON.stringify(value, undefined, 2)}`;
  return value.includes('\n') ? `${name}:\n${value}` : `${name}: ${value}`;
}
