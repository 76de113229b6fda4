import type { StreamEventView } from '../protocol/schemas.ts';
import type { Paint } from './paint.ts';
import { oneLine } from '../core/printable.ts';
import { Text, text } from './text.ts';

type Seen = StreamEventView['event'];

/** Lines of a tool's output that are shown; the whole output is in the stream. */
const outputLines = 3;
const lineLimit = 200;

/** What an event of an agent looks like to a person; nothing for events that only matter to the engine. */
export function agentLines(seen: Seen, paint: Paint): Text[] {
  const margin = seen['subagent'] === true ? 2 : 0;
  const lines = Object.hasOwn(describe, seen.kind) ? (describe[seen.kind]?.(seen, paint) ?? []) : [];
  return margin === 0 ? lines : lines.map((line) => line.indent(margin));
}

const describe: Readonly<Record<string, (seen: Seen, paint: Paint) => Text[]>> = {
  identified: (seen, { dim }) => {
    const facts = [string(seen, 'model'), string(seen, 'version')].filter((fact) => fact !== '');
    return facts.length === 0 ? [] : [dim(text`agent: ${oneLine(facts.join(', '), lineLimit)}`)];
  },
  'prompt-seen': (seen, { cyan }) => {
    const prompt = string(seen, 'text').trim();
    return prompt === '' ? [] : [Text.of(prompt).indent(2, cyan('> '))];
  },
  message: (seen, { dim }) => {
    const words = string(seen, 'text').trim();
    if (words === '') return [];
    return [seen['thinking'] === true ? dim(text`thinking: ${oneLine(words, lineLimit)}`) : Text.of(words)];
  },
  'tool-started': (seen, paint) => {
    const input = toolInput(seen['input']);
    const { bold } = paint;
    return [
      text`* ${bold(oneLine(string(seen, 'name'), 80))}${input === '' ? '' : ' '}${input}`,
      ...dangersOf(seen['findings'], paint),
    ];
  },
  'tool-ended': (seen, { dim, red, yellow }) => {
    if (seen['denied'] === true) return [yellow('  not allowed')];
    const output = excerpt(string(seen, 'output'));
    if (seen['ok'] === false) return [text`  ${red('failed')}${output === '' ? '' : `: ${output}`}`.indent(4, '')];
    return output === '' ? [] : [dim(Text.of(output).indent(2))];
  },
  asked: (seen, { yellow }) => [yellow(text`? ${oneLine(string(record(seen, 'request'), 'title'), lineLimit)}`)],
  'ask-withdrawn': (_seen, { dim }) => [dim('  the agent does not wait for the answer any more')],
  retrying: (seen, { yellow }) => {
    const max = number(seen, 'max');
    const delay = number(seen, 'delayMs');
    const wait = delay === undefined ? '' : ` in ${Math.round(delay / 1000)} s`;
    const count = `${number(seen, 'attempt') ?? '?'}${max === undefined ? '' : ` of ${max}`}`;
    return [yellow(text`! ${oneLine(string(seen, 'error'), lineLimit)}; try ${count} follows${wait}`)];
  },
  notice: (seen, { dim, red, yellow }) => {
    const words = text`! ${oneLine(string(seen, 'text'), 400)}`;
    const severity = string(seen, 'severity');
    return [severity === 'critical' ? red(words) : severity === 'warning' ? yellow(words) : dim(words)];
  },
  'interrupt-seen': (_seen, { dim }) => [dim('the agent was interrupted')],
  malformed: (seen, { dim }) => [dim(text`! a line could not be read: ${oneLine(string(seen, 'reason'), lineLimit)}`)],
  'turn-ended': (seen, { dim, red }) => {
    const outcome = string(seen, 'outcome');
    const reason = oneLine(string(seen, 'reason'), lineLimit);
    const words = `turn ended: ${outcome}${reason === '' || reason === outcome ? '' : ` (${reason})`}`;
    return [outcome === 'success' ? dim(words) : red(words)];
  },
};

/** What the engine found dangerous about it. */
function dangersOf(findings: unknown, { red, yellow }: Paint): Text[] {
  if (!Array.isArray(findings)) return [];
  return findings.map((each: unknown) => {
    const finding = record({ finding: each }, 'finding');
    const words = text`  ! ${oneLine(string(finding, 'sentence'), 400)}`;
    return string(finding, 'severity') === 'critical' ? red(words) : yellow(words);
  });
}

/** What a tool works on, on one line: the one thing that tells most, or all of it as JSON. */
function toolInput(input: unknown): string {
  if (typeof input !== 'object' || input === null) return '';
  const fields = new Map<string, unknown>(Object.entries(input));
  for (const name of ['command', 'file_path', 'path', 'pattern', 'query', 'url', 'description']) {
    const value = fields.get(name);
    if (typeof value === 'string' && value !== '') return oneLine(value, lineLimit);
  }
  return fields.size === 0 ? '' : oneLine(JSON.stringify(input), lineLimit);
}

function excerpt(output: string): string {
  const lines = output
    .slice(0, 64 * lineLimit)
    .split('\n')
    .map((line) => oneLine(line, lineLimit))
    .filter((line) => line !== '');
  const rest = lines.length - outputLines;
  return rest <= 0 ? lines.join('\n') : [...lines.slice(0, outputLines), `… ${rest} more lines`].join('\n');
}

function string(from: Readonly<Record<string, unknown>>, name: string): string {
  const value = from[name];
  return typeof value === 'string' ? value : '';
}

function number(from: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = from[name];
  return typeof value === 'number' ? value : undefined;
}

function record(from: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const value = from[name];
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
