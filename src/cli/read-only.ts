import type { Context } from './context.ts';
import { text } from './text.ts';

/** An engine that cannot record anything may show what is long past, e.g. a journal up to its damage: that is said. */
export async function noteReadOnly({ engine, out }: Context): Promise<void> {
  const { readOnly } = (await engine.open()).engine;
  if (readOnly !== undefined) out.note(text`This may be out of date: ${readOnly}`);
}
