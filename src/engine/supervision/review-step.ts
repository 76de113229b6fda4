import { defined } from '../../core/defined.ts';
import { isCoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { fitParts } from '../../core/supervision/context.ts';
import type { Judgement, Reviewed } from '../../core/supervision/judgement.ts';
import { reviewOf, reviewSchema } from '../../core/supervision/review.ts';
import { ask } from '../../supervision/model/structured.ts';
import { engineActor, type SessionContext } from '../sessions/context.ts';
import { criteriaText, materialOf, quoted, type Material } from './material.ts';
import type { Reviewer } from './models.ts';
import { filled } from './templates.ts';
import { keepText, reviewFile } from './texts.ts';

const answerTokens = 1024;
/** What the server's own marks and the schema may take of the context, beside the template. */
const overheadTokens = 400;

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
  const { model, meter } = found.value;
  const key = context.newId();
  const material = await materialOf(context, session, place, judgement);
  const text = await context.judges.template(session.repository.root, 'review');
  const question = filled(text, 'review', { ...fitted(found.value, text, material), key });
  const prompt = await keepText(reviewFile(context.judges, session.id, judgement.turn), question);
  const settings = await context.settings(session);
  const expected = {
    model: model.name,
    method: meter.method,
    expected: meter.expected(question),
    samples: meter.heard,
  };
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
  const { value, tries, answer } = outcome.value;
  // Where it was asked twice, what the server counted is another question.
  const counted = tries === 1 ? answer.promptTokens : undefined;
  if (counted !== undefined) meter.hear(question, counted);
  const tokens = { ...expected, ...defined({ counted }) };
  return { review: reviewOf(value, material.criteria, model.name), prompt, tokens, ms: Math.round(answer.ms) };
}

/** Goal and criteria stay to the last; the change gives way first, by its middle. */
function fitted({ model, meter }: Reviewer, template: string, material: Material): Record<string, string> {
  const parts = [
    { name: 'goal', text: material.goal, keep: true, rank: 9 },
    { name: 'criteria', text: criteriaText(material.criteria), keep: true, rank: 9 },
    { name: 'words', text: material.words, keep: false, rank: 1 },
    { name: 'changes', text: material.changes, keep: false, rank: 2 },
    { name: 'files', text: material.files, keep: false, rank: 3 },
  ].map((part) => ({ ...part, text: quoted(part.text) }));
  const taken = answerTokens + overheadTokens + meter.atMost(template);
  const room = Math.max(200, model.contextTokens - taken);
  const { parts: fit } = fitParts(parts, room, (each) => meter.atMost(each));
  return Object.fromEntries(fit.map(({ name, text }) => [name, text]));
}
