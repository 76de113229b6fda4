/** What a breakpoint can be true of: a use of a tool, the time before a prompt, the time after a turn. */
import type { Stop } from './stops.ts';
import { met, type BreakpointSpec, type Moment, type Predicate, type SimplePredicate } from './predicate.ts';
import type { Finding } from './finding.ts';
import type { Session, TurnEnd } from '../session/state.ts';

/** One use of a tool, as far as its input says. `paths` are relative to the worktree where they are in it. */
export interface ToolUse {
  readonly tool: string;
  readonly command?: string;
  readonly paths: readonly string[];
}

const commandFields = ['command', 'cmd', 'script', 'CommandLine'] as const;
/** Fields of a tool's input that hold a path, by the names that agents give them. */
export const pathFields = [
  'file_path',
  'notebook_path',
  'path',
  'filePath',
  'absolute_path',
  'filename',
  'file',
  'target_file',
] as const;

/** The path of the worktree as the agent at work sees it, and names files by; empty before there is one. */
export function worktreeSeen({ run, worktree }: Pick<Session, 'run' | 'worktree'>): string {
  return run?.cwd ?? worktree?.path ?? '';
}

/** What a tool is used for; `worktree` is its path as the agent sees it. Nothing of the input is believed beyond being text. */
export function toolUse(tool: string, input: Readonly<Record<string, unknown>>, worktree: string): ToolUse {
  const texts = (fields: readonly string[]): string[] =>
    fields.flatMap((name) => {
      const value = Object.hasOwn(input, name) ? input[name] : undefined;
      if (Array.isArray(value)) return [value.filter((each) => typeof each === 'string').join(' ')];
      return typeof value === 'string' ? [value] : [];
    });
  const [command] = texts(commandFields);
  const paths = texts(pathFields).map((path) => within(path, worktree));
  return { tool, paths, ...(command === undefined ? {} : { command }) };
}

function within(path: string, worktree: string): string {
  if (path.startsWith(`${worktree}/`)) return within(path.slice(worktree.length + 1), worktree);
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '.' || (part === '' && parts.length > 0)) continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..' && parts.at(-1) !== '') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** Tools that change no file: a path that is only read holds nothing up. */
const reading = /^(?:read|view|cat|open|glob|grep|search|list|ls|find|fetch|get|diff)/iu;

/** The moment of a tool: before it when it waits for permission, else after it. */
export function toolMoment(
  session: string,
  use: ToolUse,
  at: 'before' | 'after',
  findings: readonly Finding[],
): Moment {
  const { tool, command, paths } = use;
  return {
    ...{ session, kind: 'tool', at, name: tool, dangers: findings.map(({ danger }) => danger) },
    ...(reading.test(tool) ? {} : { paths }),
    ...(command === undefined ? {} : { command }),
  };
}

/** The moment after a turn, with what is known of the whole change; what it cost counts only where the use is `metered`. */
export function turnMoment(
  session: Session,
  turn: TurnEnd,
  known: {
    readonly lines: number;
    readonly metered: boolean;
    readonly testDelta?: number;
    readonly paths?: readonly string[];
  },
): Moment {
  const started = session.turnNotes?.find(({ n }) => n === turn.n)?.startedAt ?? turn.endedAt;
  // A turn of a moment has no slope.
  const minutes = Math.max(1 / 6, (turn.endedAt - started) / 60_000);
  const { inputTokens, outputTokens, costUsd } = turn.usage;
  const most = session.attempts?.errors.reduce((sum, { count }) => Math.max(sum, count), 0) ?? 0;
  return {
    ...{ session: session.id, kind: 'turn', at: 'after', changedLines: known.lines },
    tokensPerMinute: (inputTokens + outputTokens) / minutes,
    workedMinutes: (session.workedMs ?? 0) / 60_000,
    sameErrors: most,
    ...(known.testDelta === undefined ? {} : { testDelta: known.testDelta }),
    ...(known.paths === undefined ? {} : { paths: known.paths }),
    ...(costUsd === undefined || !known.metered ? {} : { costPerMinute: costUsd / minutes }),
  };
}

/** What the moment does to the breakpoints of its repository: which it is true of, which hold, which are used up. */
export interface Meeting {
  readonly hit: readonly string[];
  readonly holding: readonly BreakpointSpec[];
  readonly spent: readonly string[];
}

/** Asks all breakpoints about the moment. */
export function meetingOf(stops: readonly Stop[], moment: Moment): Meeting {
  const before = Object.fromEntries(stops.map(({ id, hits }) => [id, hits]));
  const { holding, armed } = met({ specs: stops.map(({ spec }) => spec), hits: before }, moment);
  const hit = stops.map(({ id }) => id).filter((id) => (armed.hits[id] ?? 0) > (before[id] ?? 0));
  const left = new Set(armed.specs.map(({ id }) => id));
  return { hit, holding, spent: stops.map(({ id }) => id).filter((id) => !left.has(id)) };
}

/**
 * The same after a turn of a session: one that was true of a tool of this turn already is not shown the files of the turn, so that
 * nobody is asked about the same file twice.
 */
export function meetingOfTurn(stops: readonly Stop[], moment: Moment, turn: number): Meeting {
  const wasSeen = ({ seen }: Stop): boolean => seen?.session === moment.session && seen.turn === turn;
  const fresh = meetingOf(
    stops.filter((stop) => !wasSeen(stop)),
    moment,
  );
  const known = meetingOf(stops.filter(wasSeen), { ...moment, paths: [] });
  return {
    hit: [...fresh.hit, ...known.hit],
    holding: [...fresh.holding, ...known.holding],
    spent: [...fresh.spent, ...known.spent],
  };
}

/** The condition as a person would say it. */
export function predicateText(predicate: Predicate): string {
  if ('when' in predicate) return simpleText(predicate);
  if ('all' in predicate) return predicate.all.map(simpleText).join(' and ');
  if ('any' in predicate) return predicate.any.map(simpleText).join(' or ');
  return `${simpleText(predicate.and)} and not ${simpleText(predicate.not)}`;
}

function simpleText(predicate: SimplePredicate): string {
  switch (predicate.when) {
    case 'turn':
      return `${predicate.at} a turn`;
    case 'tool':
    case 'stage':
      return `${predicate.at} ${predicate.when} ${predicate.name ?? '(any)'}`;
    case 'command':
      return `command ${predicate.pattern}`;
    case 'path':
      return `path ${predicate.glob}`;
    case 'danger':
      return `danger ${predicate.danger ?? '(any)'}`;
    case 'diff-size':
      return `a change of ${predicate.lines} lines or more`;
    case 'fewer-tests':
      return predicate.by === 1 ? 'a test fewer' : `${predicate.by} tests fewer`;
    case 'same-error':
      return `the same error ${predicate.times} times`;
    case 'confidence':
      return `confidence below ${predicate.below}`;
    case 'cost-per-minute':
      return `cost per minute above ${predicate.above} (counts only where budget.billing is metered)`;
    default:
      return `${predicate.when.replaceAll('-', ' ')} above ${predicate.above}`;
  }
}

/** Whether a condition is about the confidence in a turn, which is known only when the turn was judged. */
export function isAboutConfidence(predicate: Predicate): boolean {
  return isAbout(predicate, 'confidence');
}

/** Whether a condition, or a part of it, is of this kind. */
export function isAbout(predicate: Predicate, kind: SimplePredicate['when']): boolean {
  const parts =
    'when' in predicate
      ? [predicate]
      : 'all' in predicate
        ? predicate.all
        : 'any' in predicate
          ? predicate.any
          : [predicate.and, predicate.not];
  return parts.some(({ when }) => when === kind);
}
