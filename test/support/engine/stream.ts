import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from './world.ts';

const kinds: Readonly<Record<string, string>> = { prompt: 'prompt', ask: 'ask', answered: 'answer' };

/** What an agent of the line protocol printed that it was given or asked, in order, as `prompt ID`, `ask ID`, `answer ID`. */
export function printed(world: World, session: string): string[] {
  let text: string;
  try {
    text = readFileSync(join(world.home, 'sessions', session, 'stream.jsonl'), 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      const { type, id } = parsed(line);
      const kind = kinds[String(type)];
      return kind === undefined ? [] : [`${kind} ${String(id)}`];
    });
}

/** A line that a killed agent left torn says nothing. */
function parsed(line: string): { readonly type?: unknown; readonly id?: unknown } {
  try {
    return JSON.parse(line) as { type?: unknown; id?: unknown };
  } catch {
    return {};
  }
}
