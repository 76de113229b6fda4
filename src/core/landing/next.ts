import type { NewEvent } from '../domain.ts';
import type { ErrorRecord } from '../errors.ts';
import { event } from '../events.ts';
import { givenUpSentence } from '../supervision/unanswered.ts';
import { isOpen } from './reducer.ts';
import type { Build, Evidence, Landing } from './state.ts';

/** A program with its arguments that judges a merged result by its exit code. */
export type Gate = readonly string[];

/** What has to be done next for a landing; `seal` commits what is not committed on the session's branch. */
export type LandingStep =
  | { readonly do: 'seal' }
  | { readonly do: 'build'; readonly tip: string }
  | { readonly do: 'test'; readonly gate: Gate; readonly build: Build }
  | { readonly do: 'move'; readonly build: Build }
  /** A gate has ended its engine as often as it may. */
  | { readonly do: 'give-up'; readonly why: string }
  | { readonly do: 'nothing' };

/**
 * The next step. A gate has spoken only when there is evidence of that very command about the very tree that is going
 * to land; gates are asked in order, and the target moves when all of them passed. Pure.
 */
export function nextLandingStep(landing: Landing, gates: readonly Gate[]): LandingStep {
  if (!isOpen(landing)) return { do: 'nothing' };
  const { build, tip } = landing;
  if (tip === undefined) return { do: 'seal' };
  if (landing.state === 'queued' || build === undefined) return { do: 'build', tip };
  const open = gates.find((gate) => evidenceOf(landing, build, gate)?.passed !== true);
  if (open === undefined) return { do: 'move', build };
  const why = givenUpSentence(landing.unanswered?.filter(({ command }) => sameCommand(command, open)) ?? []);
  return why === undefined ? { do: 'test', gate: open, build } : { do: 'give-up', why };
}

function evidenceOf(landing: Landing, { tree }: Build, gate: Gate): Evidence | undefined {
  return landing.evidence.findLast((each) => each.tree === tree && sameCommand(each.command, gate));
}

function sameCommand(a: Gate, b: Gate): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index]);
}

/** What a gate said, and the end of the landing when it said no. */
export function tested(landing: Landing, evidence: Evidence, intent: string): readonly NewEvent[] {
  const said = event('landing.tested', { landing: landing.id, evidence, intent });
  if (evidence.passed) return [said];
  const how = evidence.code === null ? 'did not end by itself' : `ended with code ${evidence.code}`;
  const error: ErrorRecord = {
    code: 'script-failed',
    message: `The gate \`${evidence.command.join(' ').slice(0, 200)}\` ${how}.`,
    next: `See ${evidence.output}; the target was not touched.`,
    context: { output: evidence.output, tree: evidence.tree },
  };
  return [said, event('landing.refused', { landing: landing.id, session: landing.session, error })];
}
