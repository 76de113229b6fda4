/** The shape in which a model has to answer when it reviews a change. */
import * as z from 'zod';
import { printable } from '../printable.ts';
import type { Review } from './confidence.ts';

/**
 * The schema of one review. `key` ties the answer to this question: an answer that was written for another one, or by an
 * agent in the hope that it is repeated, does not fit.
 */
export function reviewSchema(key: string, criteria: number) {
  return z.strictObject({
    key: z.literal(key),
    verdict: z.enum(['done', 'not-done', 'unsure']),
    criteria: z
      .array(z.strictObject({ number: z.int().min(1).max(Math.max(1, criteria)), met: z.boolean() }))
      .max(Math.max(1, criteria)),
    reason: z.string().max(2000),
  });
}

/** What a fitting answer means. A criterion that it says nothing about, or says two things about, is not met. */
export function reviewOf(
  answer: z.infer<ReturnType<typeof reviewSchema>>,
  criteria: readonly string[],
  model: string,
): Review {
  const reason = printable(answer.reason).trim();
  return {
    model,
    verdict: answer.verdict,
    ...(reason === '' ? {} : { reason }),
    criteria: criteria.map((criterion, at) => {
      const said = answer.criteria.filter(({ number }) => number === at + 1);
      return { criterion, met: said.length > 0 && said.every(({ met }) => met) };
    }),
  };
}
