/** Asks the gates about one tree, one after the other, until one says no. */
import type { QualityGate } from '../../core/supervision/gate.ts';
import type { Evidence } from '../../core/landing/state.ts';

/**
 * Runs one gate: with a time limit, output kept and bounded, nothing of it left running. A gate that could not be started or
 * did not end has no code (null) and has not passed.
 */
export type GateRunner = (gate: QualityGate, signal: AbortSignal) => Promise<Omit<Evidence, 'tree' | 'command'>>;

/** What takes the gates' answers, and what says which tree the files are. */
export interface GateRun {
  readonly gates: readonly QualityGate[];
  /** The id of the tree that the files are at the moment. */
  readonly tree: () => Promise<string>;
  readonly run: GateRunner;
  /** Takes each answer, on record before the next gate is asked. */
  readonly told: (evidence: Evidence) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Asks until a gate says no or all have said yes; the answers so far. A gate that changes the files has judged a tree that is
 * gone: its answer counts for the tree before, and the next gates are asked about the tree after it, so that nothing is
 * verified that was not seen whole.
 */
export async function runGates({ gates, tree, run, told, signal }: GateRun): Promise<readonly Evidence[]> {
  const answers: Evidence[] = [];
  for (const gate of gates) {
    signal.throwIfAborted();
    const before = await tree();
    const evidence: Evidence = { ...(await run(gate, signal)), tree: before, command: [...gate.command] };
    answers.push(evidence);
    await told(evidence);
    if (!evidence.passed) break;
  }
  return answers;
}
