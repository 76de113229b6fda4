/** What the tools of agents do: which of their input is a command, a path or an address. */
import { ordered, type Finding } from '../../core/supervision/finding.ts';
import { pathFields } from '../../core/supervision/moments.ts';
import { inspectCommand, inspectWords } from './monitor.ts';
import type { Place } from './place.ts';
import { judgedRead } from './rules/credentials.ts';
import { judgedAddress } from './rules/network.ts';
import { judgedWrite } from './rules/writing.ts';

const commandFields = ['command', 'cmd', 'script', 'commands', 'CommandLine'] as const;
const addressFields = ['url', 'uri', 'address'] as const;
const reading = /read|view|cat|open|glob|grep|search|list|^ls$|find|fetch|get|diff/iu;
const patchFields = ['patch', 'input', 'diff'] as const;

/**
 * The dangers of one use of a tool, most severe first. `input` is what the agent gives to the tool, whatever its shape;
 * nothing of it is believed or run.
 */
export function inspectTool(name: string, input: Readonly<Record<string, unknown>>, place: Place): readonly Finding[] {
  const findings: Finding[] = [];
  for (const command of valuesOf(input, commandFields)) findings.push(...ofCommand(command, place));
  for (const path of valuesOf(input, pathFields)) {
    if (typeof path !== 'string') continue;
    const judge = reading.test(name) ? judgedRead : judgedWrite;
    findings.push(...judge(withHome(path, place), place.worktree, place));
  }
  for (const address of valuesOf(input, addressFields)) {
    if (typeof address === 'string') findings.push(...judgedAddress(address, place));
  }
  for (const patch of valuesOf(input, patchFields)) {
    if (typeof patch === 'string')
      findings.push(...pathsOfPatch(patch).flatMap((each) => judgedWrite(each, place.worktree, place)));
  }
  return ordered(findings);
}

function valuesOf(input: Readonly<Record<string, unknown>>, fields: readonly string[]): unknown[] {
  return fields.flatMap((each) => (Object.hasOwn(input, each) ? [input[each]] : []));
}

function ofCommand(command: unknown, place: Place): readonly Finding[] {
  if (typeof command === 'string') return inspectCommand(command, place);
  if (!Array.isArray(command)) return [];
  return inspectWords(
    command.filter((each): each is string => typeof each === 'string'),
    place,
  );
}

function withHome(path: string, place: Place): string {
  return path === '~' || path.startsWith('~/') ? `${place.home}${path.slice(1)}` : path;
}

/** Files that a patch in the form of `apply_patch` touches. */
function pathsOfPatch(patch: string): string[] {
  return [...patch.matchAll(/^\*\*\* (?:Add|Update|Delete|Move to)(?: File)?: (.+)$/gmu)].map(([, path = '']) =>
    path.trim(),
  );
}
