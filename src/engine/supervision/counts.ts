/** What model servers counted, from what is on record: so that a new engine counts as well as the one before. */
import { readFile } from 'node:fs/promises';
import type { Store } from '../sessions/store.ts';

const mostRead = 40;

/** A question as it was sent, with the tokens that the model's server counted for it. */
export interface Counted {
  readonly question: string;
  readonly tokens: number;
}

/** The latest questions that this model was asked, the newest last. Those whose files are gone are left out. */
export async function countsOf(store: Pick<Store, 'all'>, model: string): Promise<readonly Counted[]> {
  const known = store
    .all('judgement')
    .flatMap(({ at, reviewed }) => {
      const { prompt, tokens } = reviewed ?? {};
      if (prompt === undefined || tokens?.model !== model || tokens.counted === undefined) return [];
      return [{ at, prompt, counted: tokens.counted }];
    })
    .sort((a, b) => a.at - b.at)
    .slice(-mostRead);
  const read = known.map(async ({ prompt, counted }) => {
    const question = await readFile(prompt, 'utf8').catch(() => undefined);
    return question === undefined ? [] : [{ question, tokens: counted }];
  });
  return (await Promise.all(read)).flat();
}
