/** Asks a model for an answer of a given shape: once, and once more with what was wrong. */
import * as z from 'zod';
import { failed, type Answer, type CallOptions, type Message, type Model, type Outcome } from './model.ts';

/** A question whose answer has to fit `schema`. */
export interface Question<T> {
  readonly messages: readonly Message[];
  readonly schema: z.ZodType<T>;
  readonly maxTokens: number;
}

/** An answer that fits, with what it took. */
export interface Fitting<T> {
  readonly value: T;
  readonly tries: number;
  readonly answer: Answer;
}

/**
 * The answer, checked. One that does not fit is asked for once more, with what was wrong; both tries share the time. A prompt
 * of which the server read only a part is no question: its answer counts as none.
 */
export async function ask<T>(model: Model, question: Question<T>, options: CallOptions): Promise<Outcome<Fitting<T>>> {
  const until = performance.now() + options.timeoutMs;
  const schema = z.toJSONSchema(question.schema);
  let messages = question.messages;
  let wrong = '';
  for (let tries = 1; tries <= 2; tries += 1) {
    const timeoutMs = Math.max(1, Math.round(until - performance.now()));
    const outcome = await model.chat({ messages, schema, maxTokens: question.maxTokens }, { ...options, timeoutMs });
    if (!outcome.ok) return outcome;
    const answer = outcome.value;
    if (answer.promptCut)
      return failed(
        'prompt-cut',
        'The question was longer than what the model reads.',
        'Raise the context of the model, or choose one that reads more.',
      );
    const checked = check(answer, question.schema);
    if (checked.ok) return { ok: true, value: { value: checked.value, tries, answer } };
    wrong = checked.wrong;
    messages = [
      ...question.messages,
      { role: 'assistant', content: answer.text.slice(0, 4000) },
      { role: 'user', content: again(wrong) },
    ];
  }
  return failed(
    'invalid',
    `The model answered twice in a shape that cannot be used: ${wrong}.`,
    'Rules decide this turn.',
  );
}

function again(wrong: string): string {
  return `That answer cannot be used: ${wrong}. Answer again with nothing but JSON that fits the schema.`;
}

function check<T>(
  { text, cutShort }: Answer,
  schema: z.ZodType<T>,
): { ok: true; value: T } | { ok: false; wrong: string } {
  if (cutShort) return { ok: false, wrong: 'it was cut off because it is too long' };
  let value: unknown;
  try {
    value = JSON.parse(bare(text));
  } catch {
    return { ok: false, wrong: 'it is not JSON' };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, wrong: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it does not fit'}`.slice(0, 300) };
}

/** The whole text is the answer. Looking for JSON inside of it would find what an agent wrote for the model to repeat. */
function bare(text: string): string {
  return /^\s*```(?:json)?\s*\n(.*)\n\s*```\s*$/su.exec(text)?.[1] ?? text;
}
