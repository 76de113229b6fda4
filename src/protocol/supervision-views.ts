/** Schemas of what is known of supervision: judged turns, evidence, and how far judgement can be trusted. */
import * as z from 'zod';
import { actions, autonomyLevels } from '../core/supervision/decision.ts';
import { gateKinds } from '../core/supervision/gate.ts';
import { timed } from '../core/supervision/times.ts';

export const gateSchema = z.object({ kind: z.enum(gateKinds), command: z.array(z.string()), from: z.string() });
export type GateView = z.infer<typeof gateSchema>;

/** What a gate said about one tree; `tail` is the end of what it printed, `output` the file that holds all of it. */
const evidenceSchema = z.object({
  tree: z.string(),
  command: z.array(z.string()),
  passed: z.boolean(),
  code: z.number().nullable(),
  ms: z.number(),
  output: z.string(),
  tail: z.string().optional(),
});
export type EvidenceView = z.infer<typeof evidenceSchema>;

const factorSchema = z.object({ name: z.string(), weight: z.number(), sentence: z.string() });

/** A judged turn. `decision` is absent while it is judged. */
const judgementSchema = z.object({
  turn: z.number(),
  at: z.string(),
  tree: z.string(),
  files: z.number(),
  lines: z.number(),
  issues: z.array(z.object({ kind: z.string(), sentence: z.string() })),
  evidence: z.array(evidenceSchema),
  review: z
    .object({
      model: z.string().optional(),
      verdict: z.string().optional(),
      criteria: z.array(z.object({ criterion: z.string(), met: z.boolean() })),
      /** Why, in the model's own words. */
      reason: z.string().optional(),
      /** Why no model reviewed it. */
      failure: z.string().optional(),
      /** The file that holds what the model was asked. */
      prompt: z.string().optional(),
      /** How long that was: expected by which method after how many counts of the server, and counted by the server. */
      tokens: z
        .object({
          model: z.string(),
          method: z.enum(['usual', 'calibrated', 'tokenizer']),
          expected: z.number(),
          counted: z.number().optional(),
          samples: z.number(),
        })
        .optional(),
    })
    .optional(),
  decision: z
    .object({
      action: z.enum(actions),
      sentence: z.string(),
      score: z.number(),
      calibrated: z.number(),
      factors: z.array(factorSchema),
      /** Number of the prompt that followed from it. */
      prompt: z.number().optional(),
      /** The checkpoint to which the turn was rolled back before that. */
      rolledBackTo: z.number().optional(),
    })
    .optional(),
  word: z.object({ good: z.boolean().optional(), unnecessary: z.boolean().optional() }).optional(),
});
export type JudgementView = z.infer<typeof judgementSchema>;

/** What is known of a session's work. */
export const supervisionSchema = z.object({
  session: z.string(),
  /** Absent when nobody judges its turns. */
  level: z.enum(autonomyLevels).optional(),
  gates: z.array(gateSchema),
  /** A model reviews what the gates let through. */
  review: z.boolean(),
  /** How far the work is proven, in a sentence. */
  standing: z.string(),
  /** The tree of the work as it was last seen at rest. */
  tree: z.string().optional(),
  proof: z.array(evidenceSchema),
  verifying: z.boolean(),
  approval: z
    .object({ by: z.string(), at: z.string(), tree: z.string(), unverified: z.boolean(), current: z.boolean() })
    .optional(),
  /** Failures with the same error, the most frequent first. */
  errors: z.array(z.object({ fingerprint: z.string(), message: z.string(), count: z.number() })),
  automatic: z.number(),
  /** How often the agent asked the model's service again; absent when it did not. No failure of the task. */
  retries: z.number().optional(),
  /** From `go` on (after calibration) a turn is let through; with a score below `ask` a person is asked. */
  thresholds: z.object({ go: z.number(), ask: z.number() }),
  judgements: z.array(judgementSchema),
});
export type SupervisionView = z.infer<typeof supervisionSchema>;

const shareSchema = z.object({
  hits: z.number(),
  count: z.number(),
  share: z.number().optional(),
  low: z.number(),
  high: z.number(),
});

const saysSchema = z.enum(['met', 'missed', 'too-few']);

/** What the record says of the supervisor in a repository. */
export const reportSchema = z.object({
  cases: z.number(),
  falseAccepts: shareSchema,
  falseBreakpoints: shareSchema,
  /** So few that the curve says little. */
  few: z.boolean(),
  calibrationError: z.number().optional(),
  correlation: z.object({ count: z.number(), value: z.number(), low: z.number(), high: z.number() }).optional(),
  /** What is meant to be reached, and whether these cases show that it is. */
  goals: z.object({
    falseBreakpoints: z.object({ below: z.number(), says: saysSchema }),
    correlation: z.object({ above: z.number(), says: saysSchema }),
  }),
  /** What 95 of 100 judged turns took at most: the model, the agent, both with all between, and that without the agent. */
  times: z
    .array(
      z.object({
        what: z.enum(timed),
        count: z.number(),
        p95Ms: z.number().optional(),
        goalMs: z.number().optional(),
        says: saysSchema.optional(),
      }),
    )
    .default([]),
  bins: z.array(
    z.object({
      from: z.number(),
      to: z.number(),
      count: z.number(),
      meanScore: z.number(),
      worth: z.number(),
      good: shareSchema,
    }),
  ),
});
export type ReportView = z.infer<typeof reportSchema>;
