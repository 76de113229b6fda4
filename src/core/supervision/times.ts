/** How long judged turns took, against what they are meant to take (S4-83, S4-84, S4-86), with the agent's time and without. */
import type { Judgement } from './judgement.ts';
import type { Says } from './calibration.ts';

/**
 * `review`: an answer of the model; `agent`: a turn, waiting for people not counted; `loop`: both and everything between; `own`: the
 * loop without its agent.
 */
export const timed = ['review', 'agent', 'loop', 'own'] as const;
export type Timed = (typeof timed)[number];

/** What 95 of 100 took at most, in milliseconds; absent without cases. */
export interface Times {
  readonly what: Timed;
  readonly count: number;
  readonly p95Ms?: number;
  readonly goalMs?: number;
  readonly says?: Says;
}

const goalsMs: Readonly<Record<Exclude<Timed, 'own'>, number>> = { review: 10_000, agent: 30_000, loop: 60_000 };

/** Of fewer cases the slowest one is all that a 95th percentile is. */
const fewest = 20;

/** The times of a repository's judged turns, as far as they are on record. */
export function timesOf(judgements: readonly Judgement[]): readonly Times[] {
  const took = judgements.flatMap(({ took: each }) =>
    each?.judgedMs === undefined ? [] : [each as Required<typeof each>],
  );
  const review = judgements.flatMap(({ reviewed }) => (reviewed?.ms === undefined ? [] : [reviewed.ms]));
  return [
    toldOf('review', review, goalsMs.review),
    toldOf(
      'agent',
      took.map(({ agentMs }) => agentMs),
      goalsMs.agent,
    ),
    toldOf(
      'loop',
      took.map(({ agentMs, judgedMs }) => agentMs + judgedMs),
      goalsMs.loop,
    ),
    toldOf(
      'own',
      took.map(({ judgedMs }) => judgedMs),
    ),
  ];
}

function toldOf(what: Timed, all: readonly number[], goalMs?: number): Times {
  const count = all.length;
  const p95Ms = [...all].sort((a, b) => a - b)[Math.ceil(count * 0.95) - 1];
  if (p95Ms === undefined) return { what, count };
  if (goalMs === undefined) return { what, count, p95Ms };
  const says = count < fewest ? 'too-few' : p95Ms < goalMs ? 'met' : 'missed';
  return { what, count, p95Ms, goalMs, says };
}
