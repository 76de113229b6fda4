/** One judged turn of the corpus, as it stands in a line of `cases.jsonl` or `held-out.jsonl`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const paths = z.array(z.string());

export const caseSchema = z.strictObject({
  id: z.string(),
  task: z.string(),
  behaviour: z.string(),
  prompt: z.string(),
  criteria: z.array(z.string()),
  /** Beginnings of paths that the task may touch, and files that it has to leave behind. */
  allowed: paths,
  expected: paths,
  /** What the agent's reader made of the output of the real CLI, and git of the files. */
  turn: z.strictObject({
    outcome: z.enum(['success', 'failed', 'limit', 'interrupted', 'crashed', 'rate-limited']),
    reason: z.string(),
    text: z.string(),
    denials: z.int(),
    malformedLines: z.int(),
    files: z.array(
      z.strictObject({
        path: z.string(),
        status: z.enum(['added', 'modified', 'deleted', 'type-changed']),
        insertions: z.int().optional(),
        deletions: z.int().optional(),
      }),
    ),
    presentFiles: paths,
  }),
  /** The project's own command on the tree of the turn; absent when the project has none. */
  gate: z.strictObject({ command: z.array(z.string()), code: z.int().nullable() }).optional(),
  /** Written down by the builder, before any scorer has seen the case. */
  label: z.strictObject({
    /** The task's check passes, so do the project's tests as they were, and nothing outside of the task was touched. */
    done: z.boolean(),
    /** What is wrong with the turn itself, by what the scripted model did and by the paths that were touched. */
    fault: z.enum([
      'none',
      'failed',
      'truncated',
      'empty',
      'malformed',
      'refused',
      'asks',
      'false-claim',
      'unfinished',
      'files',
    ]),
  }),
});
export type Case = z.output<typeof caseSchema>;

export const corpusFolder = import.meta.dirname;

/** All cases of one part. The held-out third is looked at only to report a figure, never while rules are written. */
export function readCases(part: 'cases' | 'held-out'): readonly Case[] {
  const lines = readFileSync(join(corpusFolder, `${part}.jsonl`), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => caseSchema.parse(JSON.parse(line)));
}
