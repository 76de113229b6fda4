/** What the demo agent does in a turn, in this order. */
export type Step =
  | { readonly do: 'write'; readonly path: string }
  | { readonly do: 'ask'; readonly path: string }
  | { readonly do: 'rewrite'; readonly path: string }
  | { readonly do: 'question' }
  | { readonly do: 'fail' }
  | { readonly do: 'repeat-error' }
  | { readonly do: 'hang' }
  | { readonly do: 'slow'; readonly seconds: number }
  | { readonly do: 'note' };

/** The file that gets a line when the prompt names none. */
export const notes = 'NOTES.md';

const word = /(?<=^|\s)#(write|ask|rewrite|question|fail|repeat-error|hang|slow)(?::(\S*))?(?=\s|$)/gu;
const defaultSeconds = 5;
const mostSeconds = 24 * 3600;

/**
 * The words of a prompt that steer the agent: `#write:PATH`, `#ask` or `#ask:PATH` (a permission to change a file),
 * `#rewrite:PATH` (a permission to write all of it anew), `#question`, `#fail`, `#repeat-error`, `#hang`, `#slow:SECONDS`. A prompt without any of them gets a line in the notes.
 */
export function stepsOf(prompt: string): readonly Step[] {
  const steps = [...prompt.matchAll(word)].map(([, name = '', value = '']) => stepOf(name, value));
  return steps.length === 0 ? [{ do: 'note' }] : steps;
}

function stepOf(name: string, value: string): Step {
  switch (name) {
    case 'write':
    case 'ask':
    case 'rewrite':
      return { do: name, path: value === '' ? notes : value };
    case 'slow':
      return { do: 'slow', seconds: secondsOf(value) };
    case 'question':
    case 'fail':
    case 'repeat-error':
    case 'hang':
      return { do: name };
    default:
      return { do: 'note' };
  }
}

function secondsOf(value: string): number {
  const seconds = Number(value);
  return value === '' || Number.isNaN(seconds) ? defaultSeconds : Math.min(Math.max(seconds, 0), mostSeconds);
}

/** The first line of a prompt that has words of its own, without those that steer, at most 100 characters. */
export function subjectOf(prompt: string): string {
  const lines = prompt.replaceAll(word, ' ').split('\n');
  const first = lines.map((line) => line.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()).find((line) => line !== '');
  return [...(first ?? 'a prompt without words')].slice(0, 100).join('');
}
