/** Quality gates: the project's own commands, and what their answers are worth. */
import type { Evidence } from '../landing/state.ts';

export const gateKinds = ['build', 'types', 'lint', 'test'] as const;
export type GateKind = (typeof gateKinds)[number];

/** One command of the project that says yes (exit code 0) or no. */
export interface QualityGate {
  readonly kind: GateKind;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Where it was found: a file of the repository, or `settings`. */
  readonly from: string;
}

/** What all gates say about one tree. */
export type GateVerdict =
  | { readonly say: 'none' }
  | { readonly say: 'passed'; readonly count: number }
  | { readonly say: 'failed'; readonly evidence: Evidence }
  /** Gates that have not been asked about this very tree: no answer of theirs counts. */
  | { readonly say: 'unknown'; readonly missing: readonly QualityGate[] };

/**
 * The verdict about the tree. An answer about another tree is void. One answer of no is no, however many others are yes;
 * of several answers of one gate about the tree, the last counts.
 */
export function verdictOf(gates: readonly QualityGate[], evidence: readonly Evidence[], tree: string): GateVerdict {
  if (gates.length === 0) return { say: 'none' };
  const answers = gates.map((gate) => ({
    gate,
    answer: evidence.findLast((each) => each.tree === tree && sameCommand(each.command, gate.command)),
  }));
  const failed = answers.find(({ answer }) => answer !== undefined && !isYes(answer))?.answer;
  if (failed !== undefined) return { say: 'failed', evidence: failed };
  const missing = answers.filter(({ answer }) => answer === undefined).map(({ gate }) => gate);
  return missing.length > 0 ? { say: 'unknown', missing } : { say: 'passed', count: gates.length };
}

/** Both must agree: a record that says passed with another code than 0 is no yes. */
function isYes({ passed, code }: Evidence): boolean {
  return passed && code === 0;
}

/** Whether two commands are the same, word by word. */
export function sameCommand(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, at) => word === b[at]);
}
