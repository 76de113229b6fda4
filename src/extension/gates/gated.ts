/** Which sessions have gates, and what those said: what the Test Explorer shows of it. Pure. */
import type { EvidenceView, SupervisionView } from '../../protocol/supervision-views.ts';
import { oneLine } from '../../core/printable.ts';
import type { Entry } from '../sessions/entry.ts';
import { sessionLabel } from '../sessions/labels.ts';

/** A gate of a session. */
export interface Gate {
  /** Unique in its session. */
  readonly id: string;
  readonly label: string;
}

/** A session whose work gates look at. */
export interface Gated {
  readonly session: string;
  readonly label: string;
  readonly gates: readonly Gate[];
  /** Changes with what the gates said, and when that became void. */
  readonly said: string;
}

/** The sessions with gates, the latest first. */
export function gatedSessions(entries: Iterable<Entry>): readonly Gated[] {
  const gated = [...entries].flatMap(({ session, detail }) => {
    const supervision = detail?.supervision;
    if (session.archived || supervision === undefined || supervision.gates.length === 0) return [];
    const gates = supervision.gates.map(({ command }) => ({
      id: idOf(command),
      label: oneLine(command.join(' '), 120),
    }));
    const one: Gated = { session: session.id, label: sessionLabel(session), gates, said: saidBy(supervision) };
    return [{ one, at: session.createdAt }];
  });
  return gated.sort((a, b) => b.at.localeCompare(a.at)).map(({ one }) => one);
}

/** Whether gates say something else than was `told`. Those of a session in `asking` are told by the run that asks them. */
export function isNews(
  { session, said }: Pick<Gated, 'session' | 'said'>,
  told: ReadonlyMap<string, string>,
  asking: ReadonlySet<string>,
): boolean {
  return !asking.has(session) && (told.get(session) ?? '') !== said;
}

/** What each gate said of the files as they are, by its id. Empty when nothing did, or what was said is void. */
export function answersIn({ proof, tree }: Pick<SupervisionView, 'proof' | 'tree'>): ReadonlyMap<string, EvidenceView> {
  return new Map(proof.filter((each) => each.tree === tree).map((each) => [idOf(each.command), each]));
}

/** Changes with what the gates said, and when that became void; empty when nothing holds. */
export function saidBy(view: Pick<SupervisionView, 'proof' | 'tree'>): string {
  const answers = [...answersIn(view)].map(([id, { passed, tree, output }]) => [id, passed, tree, output]);
  return answers.length === 0 ? '' : JSON.stringify(answers);
}

function idOf(command: readonly string[]): string {
  return JSON.stringify(command);
}
