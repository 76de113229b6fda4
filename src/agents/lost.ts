import { CoppiceError } from '../core/errors.ts';
import { noUsage } from '../core/agent/usage.ts';
import type { Agent } from './agent.ts';
import { deathOf } from './exit.ts';

/**
 * Stands in for an agent that cannot be had any more (its file was deleted, or is wrong) while a run of it is ended: the
 * run is watched to its end, what it says is not understood, and it is told nothing.
 */
export function lostAgent(id: string): Agent {
  const missing = (): never => {
    throw new CoppiceError('agent-missing', `The agent "${id}" is not known any more.`, 'Choose another one.');
  };
  const can = { duplex: false, steer: false, interrupt: false, resume: false, permissions: false, questions: false };
  return {
    id,
    title: id,
    capabilities: { ...can, ownSessionId: false, usage: false, needsHostConsent: true },
    environment: { allow: [], secrets: [] },
    detection: { command: id, args: [], parse: missing },
    command: missing,
    encode: () => '',
    reader: () => ({
      line: () => [],
      end: (exit) => [{ kind: 'turn-ended', usage: noUsage, denials: 0, ...deathOf(exit, true) }],
    }),
  };
}
