/** Requests of supervision: how turns were judged, having work checked, accepting it, and how much happens without a person. */
import * as z from 'zod';
import { autonomyLevels } from '../core/supervision/decision.ts';
import { bounded, identifier } from './schemas.ts';
import { gateSchema, reportSchema, supervisionSchema } from './supervision-views.ts';

/** Requests of supervision. */
export const supervisionRequests = {
  'supervision/show': { params: z.object({ session: identifier }), result: supervisionSchema },
  /** Has the gates look at the work as it is; the answers come as events. */
  'supervision/verify': { params: z.object({ session: identifier }), result: z.object({}) },
  /** Ends the gates that `supervision/verify` has asked for, with all that they have started. Done when nothing is under way. */
  'supervision/stop-verifying': { params: z.object({ session: identifier }), result: z.object({}) },
  /** A person's word that the work is as it should be. `unverified`: also without proof from the gates. */
  'supervision/accept': {
    params: z.object({ session: identifier, unverified: z.boolean().default(false) }),
    result: z.object({ tree: z.string(), unverified: z.boolean() }),
  },
  'supervision/level': {
    params: z.object({ session: identifier, level: z.enum(autonomyLevels) }),
    result: z.object({}),
  },
  /** Whether a turn was good, and whether the question about it was unnecessary: that is what scores are measured by. */
  'supervision/comment': {
    params: z.object({
      session: identifier,
      turn: z.int().min(1),
      good: z.boolean().optional(),
      unnecessary: z.boolean().optional(),
    }),
    result: z.object({}),
  },
  /** Holds a session at work until a person has helped: with its goal, what was tried, what went wrong and what changed. */
  'supervision/help': {
    params: z.object({ session: identifier, question: bounded.short }),
    result: z.object({ session: z.string() }),
  },
  /**
   * A text of a judged turn as it was: what the reviewing model was asked, what a gate printed (`at`: its place in the turn's
   * evidence, from 0), or the prompt that the supervisor sent then. `cut`: only the end of it, since it is too long.
   */
  'supervision/text': {
    params: z.object({
      session: identifier,
      turn: z.int().min(1),
      what: z.enum(['review', 'gate', 'prompt']),
      at: z.int().min(0).default(0),
    }),
    result: z.object({ text: z.string(), cut: z.boolean() }),
  },
  'supervision/report': { params: z.object({ path: identifier }), result: reportSchema },
  /** The gates that are set for a repository, and those that its files suggest. */
  'supervision/gates': {
    params: z.object({ path: identifier }),
    result: z.object({ set: z.array(gateSchema), found: z.array(gateSchema) }),
  },
} as const;
