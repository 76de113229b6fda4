/** The captured streams of Claude Code in `test/fixtures/agents/claude-code/<version>/<name>.jsonl`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentEvent } from '../../../../src/core/agent/events.ts';
import type { AgentExit } from '../../../../src/agents/agent.ts';
import { ClaudeCodeReader } from '../../../../src/agents/claude-code/reader.ts';

export const versions = ['2.1.197', '2.1.329'] as const;
export type Version = (typeof versions)[number];

export interface Sample {
  readonly version: Version;
  readonly name: string;
  readonly lines: readonly string[];
  /** Path of the events that it means. */
  readonly golden: string;
}

/** The prompts in the samples carry UUIDs of this session. */
export const sampleSession = 'aaaaaaaa-0000-4000-8000-0123456789ab';

const root = join(import.meta.dirname, '..', '..', '..', 'fixtures', 'agents', 'claude-code');

export const samples: readonly Sample[] = versions.flatMap((version) =>
  readdirSync(join(root, version))
    .filter((file) => file.endsWith('.jsonl') && !file.endsWith('.events.jsonl'))
    .map((file) => {
      const name = file.slice(0, -'.jsonl'.length);
      const text = readFileSync(join(root, version, file), 'utf8');
      return {
        version,
        name,
        lines: text.split('\n').slice(0, -1),
        golden: join(root, version, `${name}.events.jsonl`),
      };
    }),
);

export function sampleOf(version: Version, name: string): Sample {
  const sample = samples.find((each) => each.version === version && each.name === name);
  if (sample === undefined) throw new Error(`no sample ${version}/${name}`);
  return sample;
}

/** An event, with the number (from 1) of the line that it came from; 0: from the end of the process. */
export type Read = readonly [line: number, event: AgentEvent];

/** Reads lines from `first` (counted from 0) on with a fresh reader. */
export function read(lines: readonly string[], exit: AgentExit, first = 0): readonly Read[] {
  const reader = new ClaudeCodeReader(sampleSession);
  let offset = 0;
  const events = lines.slice(first).flatMap((line, index) => {
    offset += Buffer.byteLength(line) + 1;
    return reader.line(line, { offset }).map((event): Read => [first + index + 1, event]);
  });
  return [...events, ...reader.end(exit).map((event): Read => [0, event])];
}
