/**
 * Breakpoints as predicates: when a session is to be held, as data that a person writes and a file can hold. Whether one holds
 * is a pure function of a moment in a session.
 */
import * as z from 'zod';
import { dangers } from './finding.ts';

const text = z.string().min(1).max(500);
const edge = z.enum(['before', 'after']);
const amount = z.number().min(0);

/** Conditions on a moment. `pattern` and `glob`: `*` is any text, `?` one character; in a path `*` ends at `/`, `**` does not. */
const simple = z.discriminatedUnion('when', [
  z.strictObject({ when: z.literal('turn'), at: edge }),
  z.strictObject({ when: z.literal('tool'), at: edge, name: text.optional() }),
  z.strictObject({ when: z.literal('command'), pattern: text }),
  z.strictObject({ when: z.literal('path'), glob: text }),
  z.strictObject({ when: z.literal('danger'), danger: z.enum(dangers).optional() }),
  z.strictObject({ when: z.literal('diff-size'), lines: amount }),
  z.strictObject({ when: z.literal('fewer-tests'), by: z.int().min(1) }),
  z.strictObject({ when: z.literal('tokens-per-minute'), above: amount }),
  z.strictObject({ when: z.literal('cost-per-minute'), above: amount }),
  z.strictObject({ when: z.literal('worked-minutes'), above: amount }),
  z.strictObject({ when: z.literal('confidence'), below: z.number().min(0).max(1) }),
  z.strictObject({ when: z.literal('same-error'), times: z.int().min(1) }),
  z.strictObject({ when: z.literal('stage'), at: edge, name: text.optional() }),
]);
export type SimplePredicate = z.infer<typeof simple>;

/** A condition, or several of them together: one level of `all`, `any` and `not` says what is needed and stays readable. */
export const predicateSchema = z.union([
  simple,
  z.strictObject({ all: z.array(simple).min(1).max(20) }),
  z.strictObject({ any: z.array(simple).min(1).max(20) }),
  z.strictObject({ not: simple, and: simple }),
]);
export type Predicate = z.infer<typeof predicateSchema>;

/** A breakpoint that was set. */
export const breakpointSpecSchema = z.strictObject({
  id: z.string().min(1).max(100),
  predicate: predicateSchema,
  enabled: z.boolean(),
  /** Holds at this hit and those after it; earlier ones only count. */
  fromHit: z.int().min(1).max(1_000_000).default(1),
  /** Holds once and is then gone: "run to here". */
  once: z.boolean().default(false),
  /** One session; absent: all. */
  session: z.string().optional(),
});
export type BreakpointSpec = z.infer<typeof breakpointSpecSchema>;

/** What is known at one moment. What is not known makes no condition on it true. */
export interface Moment {
  readonly session: string;
  readonly kind: 'turn' | 'tool' | 'end';
  readonly at: 'before' | 'after';
  /** Of the tool. */
  readonly name?: string;
  /** With this moment the session begins its part of a stage, or the whole stage is over. */
  readonly stage?: { readonly at: 'before' | 'after'; readonly name: string };
  readonly command?: string;
  /** Relative to the worktree. */
  readonly paths?: readonly string[];
  readonly dangers?: readonly string[];
  readonly changedLines?: number;
  readonly testDelta?: number;
  readonly tokensPerMinute?: number;
  readonly costPerMinute?: number;
  readonly workedMinutes?: number;
  readonly confidence?: number;
  readonly sameErrors?: number;
}

/** Whether the predicate is true of the moment. */
export function holds(predicate: Predicate, moment: Moment): boolean {
  if ('when' in predicate) return isTrue(predicate, moment);
  if ('all' in predicate) return predicate.all.every((each) => isTrue(each, moment));
  if ('any' in predicate) return predicate.any.some((each) => isTrue(each, moment));
  return isTrue(predicate.and, moment) && !isTrue(predicate.not, moment);
}

function isTrue(predicate: SimplePredicate, moment: Moment): boolean {
  switch (predicate.when) {
    case 'turn':
      return moment.kind === 'turn' && moment.at === predicate.at;
    case 'tool':
      return moment.kind === 'tool' && isEdge(predicate, moment);
    case 'stage':
      return moment.stage !== undefined && isEdge(predicate, moment.stage);
    case 'command':
      return moment.command !== undefined && matches(predicate.pattern, moment.command, false);
    case 'path':
      return moment.paths?.some((each) => matches(predicate.glob, each, true)) === true;
    case 'danger':
      return moment.dangers?.some((each) => predicate.danger === undefined || each === predicate.danger) === true;
    default:
      return isBeyond(predicate, moment);
  }
}

type Edge = Pick<Moment, 'at' | 'name'>;

/** The same side, and a name that fits the pattern, if there is one. */
function isEdge({ at, name }: { readonly at: Edge['at']; readonly name?: string | undefined }, seen: Edge): boolean {
  const named = name === undefined || (seen.name !== undefined && matches(name, seen.name, false));
  return seen.at === at && named;
}

type Measured = Exclude<SimplePredicate, { when: 'turn' | 'tool' | 'stage' | 'command' | 'path' | 'danger' }>;

function isBeyond(predicate: Measured, moment: Moment): boolean {
  switch (predicate.when) {
    case 'diff-size':
      return (moment.changedLines ?? -1) >= predicate.lines;
    case 'fewer-tests':
      return (moment.testDelta ?? 0) <= -predicate.by;
    case 'tokens-per-minute':
      return (moment.tokensPerMinute ?? -1) > predicate.above;
    case 'cost-per-minute':
      return (moment.costPerMinute ?? -1) > predicate.above;
    case 'worked-minutes':
      return (moment.workedMinutes ?? -1) > predicate.above;
    case 'confidence':
      return (moment.confidence ?? 1) < predicate.below;
    case 'same-error':
      return (moment.sameErrors ?? 0) >= predicate.times;
  }
}

/** Breakpoints with how often each was hit. */
export interface Armed {
  readonly specs: readonly BreakpointSpec[];
  readonly hits: Readonly<Record<string, number>>;
}

/** The breakpoints that hold the session at this moment, and all of them as they are after it. */
export function met(
  armed: Armed,
  moment: Moment,
): { readonly holding: readonly BreakpointSpec[]; readonly armed: Armed } {
  const hits = { ...armed.hits };
  const holding: BreakpointSpec[] = [];
  for (const spec of armed.specs) {
    if (!spec.enabled || (spec.session !== undefined && spec.session !== moment.session)) continue;
    if (!holds(spec.predicate, moment)) continue;
    const count = (hits[spec.id] ?? 0) + 1;
    hits[spec.id] = count;
    if (count >= spec.fromHit) holding.push(spec);
  }
  const specs = armed.specs.filter((spec) => !(spec.once && holding.includes(spec)));
  return { holding, armed: { specs, hits } };
}

/**
 * Whether the text matches the whole pattern. Takes time in proportion to both lengths, whatever they are: a pattern is not a
 * regular expression. With `path` a `*` does not pass a `/`, and `**` does.
 */
export function matches(pattern: string, subject: string, path: boolean): boolean {
  const marks = marksOf(pattern, path);
  // The places of the pattern that the text so far may have come to.
  let places = opened(new Set([0]), marks);
  for (const letter of subject) {
    const next = new Set<number>();
    for (const place of places) {
      const mark = marks[place];
      for (const each of mark === undefined ? [] : after(place, mark, letter, path)) next.add(each);
    }
    places = opened(next, marks);
    if (places.size === 0) return false;
  }
  return places.has(marks.length);
}

/** `folders` and `within` together are `**` with its slash: nothing, or any text that ends with a slash. */
interface Mark {
  readonly kind: 'letter' | 'one' | 'many' | 'every' | 'folders' | 'within';
  readonly letter?: string;
}

function marksOf(pattern: string, path: boolean): readonly Mark[] {
  const pieces = path ? pattern.split(/(\*\*\/?|\*|\?)/u) : pattern.split(/(\*|\?)/u);
  return pieces.flatMap((piece, at): Mark[] => {
    if (at % 2 === 0) return [...piece].map((letter) => ({ kind: 'letter', letter }));
    if (piece === '?') return [{ kind: 'one' }];
    if (piece === '**/') return [{ kind: 'folders' }, { kind: 'within' }];
    return [{ kind: piece === '*' ? 'many' : 'every' }];
  });
}

/** Where a place of the pattern leads to with this letter. */
function after(place: number, mark: Mark, letter: string, path: boolean): readonly number[] {
  const slash = path && letter === '/';
  switch (mark.kind) {
    case 'letter':
      return mark.letter === letter ? [place + 1] : [];
    case 'one':
      return slash ? [] : [place + 1];
    case 'many':
      return slash ? [] : [place];
    case 'every':
      return [place];
    case 'within':
      return slash ? [place, place + 1] : [place];
    case 'folders':
      return [];
  }
}

/** With the places behind marks that may stand for nothing. */
function opened(places: Set<number>, marks: readonly Mark[]): Set<number> {
  for (const place of places) {
    const kind = marks[place]?.kind;
    if (kind === 'many' || kind === 'every' || kind === 'folders') places.add(place + 1);
    if (kind === 'folders') places.add(place + 2);
  }
  return places;
}
