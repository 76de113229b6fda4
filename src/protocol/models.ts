/** Requests about the model that reviews: what there is, and having one fetched. */
import * as z from 'zod';
import { identifier } from './schemas.ts';

/** As a model server names it: `qwen2.5-coder:7b`, `registry.example/team/model:tag`. */
const modelName = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9][\w./-]*(?::[\w.-]+)?$/u, 'is no name of a model');

/** Requests about models. */
export const modelRequests = {
  /** The server that is set, what is installed there, which model judges, or why none does, and what could be fetched. Sizes in bytes. */
  'model/show': {
    /** `name`: the model that could be fetched; unless told the one that is set (`supervision.model`), else one that fits this machine. */
    params: z.object({ name: modelName.optional() }),
    result: z.object({
      endpoint: z.string(),
      /** What keeps the server from answering. */
      problem: z.string().optional(),
      installed: z.array(z.object({ name: z.string(), bytes: z.number() })),
      judges: z.string().optional(),
      sentence: z.string(),
      /** Without a size where that is known only when the server has begun. */
      offer: z.object({ name: z.string(), bytes: z.number().optional() }),
    }),
  },
  /**
   * Has the server fetch a model, and answers when it is there. `pull` is the front end's own name for that: by it the progress is
   * told (`model/progress`) and it is stopped. It also ends with the connection; what was fetched by then need not be fetched again.
   */
  'model/pull': { params: z.object({ name: modelName, pull: identifier }), result: z.object({}) },
  'model/stop-pulling': { params: z.object({ pull: identifier }), result: z.object({}) },
} as const;

/** How far a model is fetched; several times a second at most. */
export const modelProgress = z.object({
  pull: z.string(),
  status: z.string(),
  completed: z.number(),
  total: z.number(),
});
