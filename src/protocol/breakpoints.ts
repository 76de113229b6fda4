/** Schemas of breakpoints that people set, and of permissions that hold for good. */
import * as z from 'zod';
import { breakpointSpecSchema } from '../core/supervision/predicate.ts';
import { identifier } from './schemas.ts';

/** A breakpoint that was set. `text` is its condition in words, `hits` counts the moments that it was true of. */
export const stopSchema = z.object({
  id: z.string(),
  spec: breakpointSpecSchema,
  /** Title of the one session that it is for. */
  title: z.string().optional(),
  text: z.string(),
  /** The same as a person would type it, where that can be typed. */
  condition: z.string().optional(),
  hits: z.number(),
  by: z.string(),
  at: z.string(),
});
export type StopView = z.infer<typeof stopSchema>;

/** A permission that holds without asking again: for one session, or for all of the repository. */
export const grantSchema = z.object({
  id: z.string(),
  session: z.string().optional(),
  /** Title of that session. */
  title: z.string().optional(),
  tool: z.string(),
  pattern: z.string(),
  by: z.string(),
  at: z.string(),
});
export type GrantView = z.infer<typeof grantSchema>;

const listSchema = z.object({ breakpoints: z.array(stopSchema), permissions: z.array(grantSchema) });

/** Requests about breakpoints. */
export const breakpointRequests = {
  /** Those of one repository. */
  'breakpoint/list': { params: z.object({ path: identifier }), result: listSchema },
  /** Sets one, by its condition as people type it: `path src/**`, `command git push*`, `after turn`, `confidence 0.6`. */
  'breakpoint/set': {
    params: z.object({
      path: identifier,
      condition: identifier,
      session: identifier.optional(),
      /** Holds from this hit on. */
      fromHit: z.int().min(1).max(1_000_000).default(1),
      /** Holds once and is then gone: "run to here". */
      once: z.boolean().default(false),
      enabled: z.boolean().default(true),
    }),
    result: stopSchema,
  },
  /** Gives one another condition; what else it is, and how often it was hit, stays. */
  'breakpoint/edit': { params: z.object({ breakpoint: identifier, condition: identifier }), result: stopSchema },
  'breakpoint/enable': { params: z.object({ breakpoint: identifier, enabled: z.boolean() }), result: stopSchema },
  'breakpoint/remove': { params: z.object({ breakpoint: identifier }), result: z.object({}) },
  /** Asks again from here on. */
  'permission/withdraw': { params: z.object({ permission: identifier }), result: z.object({}) },
} as const;
