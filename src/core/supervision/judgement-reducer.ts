import { defined } from '../defined.ts';
import type { Recorded } from '../events.ts';
import type { Evidence } from '../landing/state.ts';
import { judgementId, type Judgement, type PersonsWord } from './judgement.ts';

/** The judgement that an event is about. */
export function judgementOf(event: Recorded): string | undefined {
  switch (event.type) {
    case 'turn.validated':
    case 'turn.reviewed':
    case 'turn.decided':
    case 'turn.commented':
      return judgementId(event.data.session, event.data.turn);
    case 'gate.answered':
    case 'prompt.added':
      return event.data.turn === undefined ? undefined : judgementId(event.data.session, event.data.turn);
    default:
      return undefined;
  }
}

/** The judgement after the event; a new look at a turn begins it anew. Events of other turns change nothing. */
export function reduceJudgement(judgement: Judgement | undefined, event: Recorded): Judgement | undefined {
  if (event.type === 'turn.validated') {
    const { session, turn, repository, tree, issues, files, lines, weakened, grown, stray, took } = event.data;
    const id = judgementId(session, turn);
    const found = { tree, moved: 0, issues, files, lines, ...defined({ weakened, grown, stray, took }), evidence: [] };
    return { id, session, repository, turn, at: event.at, ...found };
  }
  if (judgement === undefined || judgementOf(event) !== judgement.id) return judgement;
  switch (event.type) {
    case 'gate.answered':
      return answered(judgement, event.data.evidence, event.data.after);
    case 'turn.reviewed': {
      const { tree, review, failure, prompt, tokens, ms } = event.data;
      const reviewed = defined({ review, failure, prompt, tokens, ms });
      return tree === judgement.tree ? { ...judgement, reviewed } : judgement;
    }
    case 'turn.decided':
      return { ...judgement, decided: event.data.decided, ...tookUntil(judgement, event.at) };
    case 'prompt.added': {
      const { decided } = judgement;
      return decided === undefined ? judgement : { ...judgement, decided: { ...decided, prompt: event.data.prompt } };
    }
    case 'turn.commented':
      return { ...judgement, word: joined(judgement.word, event.data.word) };
    default:
      return judgement;
  }
}

/** By the first decision: what is decided anew, since a person raised a limit, had waited for that person. */
function tookUntil({ took }: Judgement, at: number): Pick<Judgement, 'took'> {
  return took === undefined ? {} : { took: { judgedMs: Math.max(0, at - took.endedAt), ...took } };
}

/** A gate that changed the files has judged a tree that is gone: the next answers are wanted about what there is since. */
function answered(judgement: Judgement, evidence: Evidence, after: string): Judgement {
  const moved = after === judgement.tree ? 0 : 1;
  return {
    ...judgement,
    tree: after,
    moved: judgement.moved + moved,
    evidence: [...judgement.evidence, evidence],
  };
}

function joined(before: PersonsWord | undefined, word: PersonsWord): PersonsWord {
  return { ...before, ...word };
}

/** The latest answer of each gate: an answer takes the place of that gate's answer about an earlier tree. */
export function latestOf(evidence: readonly Evidence[], answer: Evidence): readonly Evidence[] {
  const key = JSON.stringify(answer.command);
  return [...evidence.filter(({ command }) => JSON.stringify(command) !== key), answer];
}
