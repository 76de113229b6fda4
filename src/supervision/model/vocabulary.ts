import * as z from 'zod';
import type { Vocabulary } from './byte-pairs.ts';
import type { Endpoint } from './http.ts';
import type { CallOptions, Outcome } from './model.ts';
import { whole } from './ollama.ts';

/** A vocabulary of a quarter of a million tokens takes 8 MB. */
const longestLine = 32 * 1024 * 1024;

const verboseSchema = z.object({
  model_info: z.object({
    'tokenizer.ggml.model': z.string().nullish(),
    'tokenizer.ggml.pre': z.string().nullish(),
    'tokenizer.ggml.merges': z.array(z.string()).nullish(),
  }),
});

/** The vocabulary of a model of an Ollama server; undefined where the model has none of byte pairs, or the server does not tell it. */
export async function vocabularyOf(
  endpoint: Endpoint,
  model: string,
  options: CallOptions,
): Promise<Outcome<Vocabulary | undefined>> {
  const asked = { model, verbose: true };
  const shown = await whole(endpoint, '/api/show', asked, { ...options, longestLine }, verboseSchema);
  if (!shown.ok) return shown;
  const info = shown.value.model_info;
  const [split, merges] = [info['tokenizer.ggml.pre'] ?? '', info['tokenizer.ggml.merges'] ?? []];
  const told = info['tokenizer.ggml.model'] === 'gpt2' && split !== '' && merges.length > 0;
  return { ok: true, value: told ? { split, merges } : undefined };
}
