/** From what a person chose to what the agent is told. Pure. */
import type { ParamsOf, Requests } from '../../protocol/contract.ts';

/** What goes into `session/answer` beside the names of session and breakpoint. */
export type Given = Pick<ParamsOf<Requests, 'session/answer'>, 'answer' | 'requester'>;

/** An answer to questions: several labels of one question are joined as the agents expect it. */
export function questionAnswer(chosen: ReadonlyMap<string, readonly string[]>): Given {
  const answers = Object.fromEntries([...chosen].map(([question, labels]) => [question, labels.join(', ')]));
  return { answer: { choice: 'answer', answers } };
}

/** A refusal, with a reason for the agent if one was given. */
export function denial(reason: string): Given {
  return { answer: reason.trim() === '' ? { choice: 'deny' } : { choice: 'deny', reason: reason.trim() } };
}
