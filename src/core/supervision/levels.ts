/**
 * The budgets above a session: a stage of a plan, the plan (a session that started others, with all of them), and the project (all
 * sessions of the repository), for a day and for good. What a prompt will probably take is set aside at every level before it is given, so that sessions at work beside
 * each other cannot spend the same money; the record of a turn's end gives it back and counts what was used, in one event.
 */
import type { Recorded } from '../events.ts';
import type { Session } from '../session/state.ts';
import { reserve, resources, type Amounts, type Billing, type Breach, type Budget, type Budgets } from './budget.ts';
import { spentSince } from './spells.ts';

/** The limits of the levels; what is not named is not limited. */
export interface LevelLimits {
  readonly stage: Amounts;
  readonly plan: Amounts;
  readonly day: Amounts;
  readonly project: Amounts;
}

/** The day that it is where the engine runs; `since` is its beginning, milliseconds since 1970. */
export interface Day {
  /** E.g. `2026-11-26`. */
  readonly name: string;
  readonly since: number;
}

/** What a level may use beyond its limit, since a person raised it: as much as it would have used then. */
export interface Allowance {
  /** `stage:<session>:<name>`, `plan:<session>`, `day:<repository>:<date>` or `project:<repository>`. */
  readonly id: string;
  readonly above: Amounts;
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Data of the events of budgets. */
export interface BudgetEvents {
  /** Set aside for a prompt before it is given. */
  'budget.reserved': { session: string; prompt: number; amounts: Amounts };
  /** A person lets a level use as much again, counted from `above`. */
  'budget.extended': { session: string; budget: string; above: Amounts; by: string };
}

/** The level after the event. */
export function reduceAllowance(allowance: Allowance | undefined, event: Recorded): Allowance | undefined {
  if (event.type !== 'budget.extended') return allowance;
  const { budget: id, above, by } = event.data;
  return { id, above, by, at: event.at };
}

/** A level is limited at all. */
export function isLimited(limits: LevelLimits): boolean {
  return Object.values(limits).some((each: Amounts) => Object.keys(each).length > 0);
}

/** What the turns of a session used. */
export function spentBy({ usage, automatic = 0, workedMs = 0 }: Session): Amounts {
  const { inputTokens, outputTokens, costUsd = 0 } = usage;
  return { tokens: inputTokens + outputTokens, costUsd, workMs: workedMs, attempts: automatic };
}

type Kind = keyof LevelLimits;
interface Level {
  readonly kind: Kind;
  readonly id: string;
}

/**
 * The stages that a session stands in, the nearest first, then the plan: the session at the top of its tree. Parents in a circle, or
 * gone, end the way.
 */
function planned(session: Session, all: ReadonlyMap<string, Session>): readonly Level[] {
  const levels: Level[] = [];
  const seen = new Set<string>();
  for (let at = session; ;) {
    seen.add(at.id);
    const above = at.parent === undefined ? undefined : all.get(at.parent);
    if (above === undefined || seen.has(above.id)) return [...levels, { kind: 'plan', id: `plan:${at.id}` }];
    if (at.stage !== undefined) levels.push({ kind: 'stage', id: `stage:${above.id}:${at.stage}` });
    at = above;
  }
}

/** A level as a person would call it. */
export function levelName(id: string): string {
  const [kind, , ...name] = id.split(':');
  switch (kind) {
    case 'stage':
      return `the stage ${name.join(':')} of this plan`;
    case 'plan':
      return 'the plan of this session';
    case 'day':
      return 'this repository for a day';
    default:
      return 'this repository';
  }
}

interface Known {
  /** All sessions of the repository, this one included. */
  readonly sessions: readonly Session[];
  readonly limits: LevelLimits;
  readonly allowances: readonly Allowance[];
  readonly day: Day;
}

/** The tree of a repository, with what was spent and what is set aside at each level, but not for the session `without`. */
export function budgetsOf(repository: string, { sessions, limits, allowances, day }: Known, without = ''): Budgets {
  const all = new Map(sessions.map((each) => [each.id, each]));
  const budgets = new Map<string, Budget>();
  const charge = (id: string, own: Amounts, spent: Amounts, parent?: string): void => {
    const before = budgets.get(id);
    const above = allowances.find((each) => each.id === id)?.above ?? {};
    budgets.set(id, {
      id,
      limits: before?.limits ?? sum(own, above, own),
      spent: sum(before?.spent ?? {}, spent),
      ...(parent === undefined ? {} : { parent }),
    });
  };
  const whole: readonly Level[] = [
    { kind: 'day', id: `day:${repository}:${day.name}` },
    { kind: 'project', id: `project:${repository}` },
  ];
  for (const session of sessions) {
    const chain = [...planned(session, all), ...whole];
    const spent = spentBy(session);
    const today = spentSince(session.spells, day.since);
    for (const [at, { kind, id }] of chain.entries()) {
      charge(id, limits[kind], kind === 'day' ? today : spent, chain[at + 1]?.id);
    }
    charge(session.id, {}, spent, chain[0]?.id);
  }
  const reservations = sessions.flatMap(({ id, reserved }) =>
    reserved === undefined || id === without ? [] : [[id, { id, budget: id, amounts: reserved.amounts }] as const],
  );
  return { budgets: Object.fromEntries(budgets), reservations: Object.fromEntries(reservations) };
}

/** The sum by resource; `only` names the resources that count. */
export function sum(a: Amounts, b: Amounts, only?: Amounts): Amounts {
  return Object.fromEntries(
    resources.flatMap((each) => {
      const counts = only === undefined ? a[each] !== undefined || b[each] !== undefined : only[each] !== undefined;
      return counts ? [[each, (a[each] ?? 0) + (b[each] ?? 0)]] : [];
    }),
  );
}

/** What the next turn will probably take: the mean of the session's turns, else of all turns of the repository, at least a little. */
export function expected(session: Session, sessions: readonly Session[]): Amounts {
  const mean = (some: readonly Session[]): Amounts | undefined => {
    const turns = some.reduce((count, each) => count + each.turns, 0);
    const spent = some.reduce<Amounts>((total, each) => sum(total, spentBy(each)), {});
    return turns === 0 ? undefined : { tokens: (spent.tokens ?? 0) / turns, costUsd: (spent.costUsd ?? 0) / turns };
  };
  const { tokens = 0, costUsd = 0 } = mean([session]) ?? mean(sessions) ?? {};
  return { tokens: Math.max(1, Math.ceil(tokens)), costUsd: Math.max(0.0001, costUsd) };
}

/** A breach, with what a raise counts from: what that level would have used with the prompt, so that a raise always lets it through. */
export interface LevelBreach extends Breach {
  readonly above: Amounts;
}

/** Whether a prompt of the session fits into every level: the amounts to set aside, or the level that is in the way. */
export function fitting(
  session: Session,
  known: Known & { readonly billing: Billing },
): { readonly amounts: Amounts } | LevelBreach {
  // It has one turn at a time: what it set aside for an earlier prompt is not needed beside this one.
  const all = budgetsOf(session.repository.id, known, session.id);
  const amounts = expected(session, known.sessions);
  const outcome = reserve(all, { id: `next of ${session.id}`, budget: session.id, amounts }, known.billing);
  if (!('resource' in outcome)) return { amounts };
  const { spent = {} } = all.budgets[outcome.budget] ?? {};
  return { ...outcome, above: { ...spent, [outcome.resource]: outcome.wanted } };
}

/** A prompt for which nothing has been set aside yet. What steers a turn is part of that turn. */
export function reserveDue(
  { reserved, turn }: Session,
  budgeted: boolean | undefined,
  prompt: number,
): ReserveStep | undefined {
  if (budgeted !== true || turn !== undefined || reserved?.prompt === prompt) return undefined;
  return { do: 'reserve', prompt };
}

/** The step that sets aside what a prompt will take, or asks a person. */
export interface ReserveStep {
  readonly do: 'reserve';
  readonly prompt: number;
}
