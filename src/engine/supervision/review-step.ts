import { isCoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { fitParts } from '../../core/supervision/context.ts';
import type { Judgement, Reviewed } from '../../core/supervision/judgement.ts';
import { reviewOf, reviewSchema } from '../../core/supervision/review.ts';
import { tokensAtMost, usualScale } from '../../core/supervision/tokens.ts';
import type { Model } from '../../supervision/model/model.ts';
import { ask } from '../../supervision/model/structured.ts';
import { engineActor, type SessionContext } from '../sessions/context.ts';
import { criteriaText, materialOf, quoted, type Material } from './material.ts';
import { filled } from './templates.ts';
import { keepText, reviewFile } from './texts.ts';

const answerTokens = 1024;
/** What the template itself and the schema may take of the context. */
const overheadTokens = 700;

/**
 * Has a model look at the change. It is heard only about what the gates let through, and what it says can hold work up but never
 * let it through. Without a model, or with one that gives no usable answer, that is put on record and rules go on.
 */
export async function reviewTurn(
  context: SessionContext,
  session: Session,
  place: Place,
  judgement: Judgement,
): Promise<void> {
  const { store, stopping } = context;
  const reviewed = await reviewOrWhyNot(context, session, place, judgement);
  if (stopping.aborted) return;
  await store.commit(engineActor, () => {
    const { turn, tree } = judgement;
    if (store.session(session.id).judgement?.turn !== turn) return [];
    return [event('turn.reviewed', { session: session.id, turn, tree, ...reviewed })];
  });
}

/** A template that cannot be used asks nobody: rules go on, and its author reads why. */
async function reviewOrWhyNot(...asked: Parameters<typeof review>): Promise<Reviewed> {
  try {
    return await review(...asked);
  } catch (error) {
    if (!isCoppiceError(error, 'config-invalid')) throw error;
    return { failure: `${error.message} ${error.next}` };
  }
}

async function review(
  context: SessionContext,
  session: Session,
  place: Place,
  judgement: Judgement,
): Promise<Reviewed> {
  const found = await context.judges.model(session);
  if (!found.ok) return { failure: found.failure.sentence };
  const model = found.value;
  const key = context.newId();
  const material = await materialOf(context, session, place, judgement);
  const text = await context.judges.template(session.repository.root, 'review');
  const question = filled(text, 'review', { ...fitted(model, material), key });
  const prompt = await keepText(reviewFile(context.judges, session.id, judgement.turn), question);
  const settings = await context.settings(session);
  const outcome = await ask(
    model,
    {
      messages: [{ role: 'user', content: question }],
      schema: reviewSchema(key, material.criteria.length),
      maxTokens: answerTokens,
    },
    { timeoutMs: settings['supervision.timeoutSeconds'] * 1000, signal: context.stopping },
  );
  if (!outcome.ok) return { failure: outcome.failure.sentence, prompt };
  return { review: reviewOf(outcome.value.value, material.criteria, model.name), prompt };
}

/** Goal and criteria stay to the last; the change gives way first, by its middle. */
function fitted(model: Model, material: Material): Record<string, string> {
  const parts = [
    { name: 'goal', text: material.goal, keep: true, rank: 9 },
    { name: 'criteria', text: criteriaText(material.criteria), keep: true, rank: 9 },
    { name: 'words', text: material.words, keep: false, rank: 1 },
    { name: 'changes', text: material.changes, keep: false, rank: 2 },
    { name: 'files', text: material.files, keep: false, rank: 3 },
  ].map((part) => ({ ...part, text: quoted(part.text) }));
  const room = Math.max(200, model.contextTokens - answerTokens - overheadTokens);
  const { parts: fit } = fitParts(parts, room, (each) => tokensAtMost(each, usualScale));
  return Object.fromEntries(fit.map(({ name, text }) => [name, text]));
}
