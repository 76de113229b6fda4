/** Calls of tools that an agent wrote as words instead of making them, in the formats in which models were trained to write them. */

const tags = [
  ...['function_calls?', 'invoke', 'tool_calls?', 'tool_use', 'tool_result', 'tool_code', 'tool_response'],
  // Qwen and Llama: `<function=name>`, `<parameter=name>`; Anthropic: `<parameter name=`.
  ...['function=[\\w.-]+', 'parameter=[\\w.-]+', 'parameter name='],
  // Cline and its kin give each tool a tag of its own.
  ...['execute_command', 'read_file', 'write_to_file', 'replace_in_file', 'apply_diff', 'attempt_completion'],
];
const named = String.raw`"(?:name|tool|tool_name|function|recipient_name)"\s*:\s*"[\w.-]+"`;
const given = String.raw`"(?:arguments|args|input|parameters|params|tool_input)"\s*:`;

// Blanks are bounded: what an agent says may be nothing else, and a great deal of it.
const opening = String.raw`^[ \t]{0,40}\[?\s{0,40}\{\s{0,40}`;

const formats: readonly RegExp[] = [
  new RegExp(String.raw`<\/?(?:antml:)?(?:${tags.join('|')})(?![\w-])`, 'u'),
  // Marks of a chat: `<|im_end|>`, `<|channel|>`, `<|python_tag|>`; DeepSeek writes them with bars of full width.
  /<\|[a-z_]{2,40}\|>|<｜[^｜<>\n]{2,60}｜>/u,
  /\[\/?(?:TOOL_CALLS?|TOOL_RESULTS?|TOOL_REQUEST|AVAILABLE_TOOLS)\]/u,
  // An object of JSON that stands as a line of its own, on one line or several.
  new RegExp(String.raw`${opening}(?:${named}\s*,\s*${given}|${given}[^]{0,2000}?,\s*${named})`, 'mu'),
  new RegExp(String.raw`${opening}"type"\s*:\s*"(?:tool_use|tool_call|function|function_call)"\s*,`, 'mu'),
  new RegExp(String.raw`${opening}"(?:tool_calls|function_call)"\s*:`, 'mu'),
  /\bto=functions\.\w+/u,
  /^\*\*\* (?:Begin|End) Patch\s*$/mu,
  /^Action:[ \t]{0,9}[\w.-]{1,80}[ \t]{0,9}\n{1,3}Action Input:/mu,
  /^[ \t]{0,40}(?:print\()?default_api\.\w+\(/mu,
];

/** Whether words hold a call of a tool that was not made. Code that is quoted as such is none. */
export function holdsCall(text: string): boolean {
  const prose = text.replaceAll(/^[ \t]*```.*?^[ \t]*```/gmsu, '').replaceAll(/`[^`\n]*`/gu, '');
  return formats.some((each) => each.test(prose));
}
