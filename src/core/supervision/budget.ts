/**
 * One budget model for tokens, cost, time and attempts, in a tree: project, plan, stage, task. What a step may use is reserved
 * at every level before it starts, and settled at every level in the same step as its usage is recorded.
 */

export const resources = ['tokens', 'costUsd', 'workMs', 'attempts'] as const;
export type Resource = (typeof resources)[number];

/** Amounts by resource; what is not named is none. Never negative. */
export type Amounts = { readonly [R in Resource]?: number };

/** One level. `limits` are for everything below it together. */
export interface Budget {
  readonly id: string;
  readonly parent?: string;
  readonly limits: Amounts;
  readonly spent: Amounts;
}

/** An amount that is set aside for a step until it is settled. */
export interface Reservation {
  readonly id: string;
  /** The budget of the task; those above it are charged as well. */
  readonly budget: string;
  readonly amounts: Amounts;
}

/** All budgets and what is set aside of them. */
export interface Budgets {
  readonly budgets: Readonly<Record<string, Budget>>;
  readonly reservations: Readonly<Record<string, Reservation>>;
}

export const noBudgets: Budgets = { budgets: {}, reservations: {} };

/** With `subscription` cost is recorded and never decides. */
export type Billing = 'subscription' | 'metered';

/** A limit that would be, or has been, exceeded. */
export interface Breach {
  readonly budget: string;
  readonly resource: Resource;
  readonly limit: number;
  /** What is spent and reserved, with what was asked for. */
  readonly wanted: number;
}

/** Adds or changes a level. Fails with a sentence when the limits or the place in the tree make no sense. */
export function withBudget(all: Budgets, id: string, limits: Amounts, parent?: string): Budgets | string {
  const wrong = Object.entries(limits).find(([, value]) => !Number.isFinite(value) || value < 0);
  if (wrong !== undefined) return `A budget must be a number of 0 or more: ${wrong[0]} is ${wrong[1]}.`;
  if (parent !== undefined && all.budgets[parent] === undefined) return `There is no budget ${parent}.`;
  if (parent !== undefined && path(all, parent).some((each) => each.id === id)) {
    return `The budget ${id} cannot be below itself.`;
  }
  const spent = all.budgets[id]?.spent ?? {};
  const budget: Budget = { id, limits, spent, ...(parent === undefined ? {} : { parent }) };
  return { ...all, budgets: { ...all.budgets, [id]: budget } };
}

/** The budget and those above it, the nearest first. */
function path({ budgets }: Budgets, id: string): readonly Budget[] {
  const found: Budget[] = [];
  for (let at: string | undefined = id; at !== undefined; at = budgets[at]?.parent) {
    const budget = budgets[at];
    if (budget === undefined || found.includes(budget)) break;
    found.push(budget);
  }
  return found;
}

/** What is set aside at a level for it and all below. */
export function reservedAt(all: Budgets, id: string): Amounts {
  const below = Object.values(all.reservations).filter((each) => path(all, each.budget).some((at) => at.id === id));
  return below.reduce<Amounts>((sum, each) => plus(sum, each.amounts), {});
}

/** Sets an amount aside at every level, or says which limit stands in the way: all or nothing. The same id again changes nothing. */
export function reserve(all: Budgets, reservation: Reservation, billing: Billing): Budgets | Breach {
  if (all.reservations[reservation.id] !== undefined) return all;
  for (const budget of path(all, reservation.budget)) {
    const breach = breachOf(budget, plus(plus(budget.spent, reservedAt(all, budget.id)), reservation.amounts), billing);
    if (breach !== undefined) return breach;
  }
  return { ...all, reservations: { ...all.reservations, [reservation.id]: reservation } };
}

/** The state after a settlement, and the limits that are exceeded by what was really used. */
export interface Settlement {
  readonly budgets: Budgets;
  readonly breaches: readonly Breach[];
}

/**
 * Gives back what was set aside and records what was used, at every level at once. What is used is always recorded, also
 * above the limit: a breach pauses, it does not lie. A reservation that is not there any more was settled: nothing changes.
 */
export function settle(all: Budgets, reservation: string, used: Amounts, billing: Billing): Settlement {
  const found = all.reservations[reservation];
  if (found === undefined) return { budgets: all, breaches: [] };
  const reservations = Object.fromEntries(Object.entries(all.reservations).filter(([id]) => id !== reservation));
  const charged = path(all, found.budget).map((each) => ({ ...each, spent: plus(each.spent, used) }));
  const budgets = {
    budgets: { ...all.budgets, ...Object.fromEntries(charged.map((each) => [each.id, each])) },
    reservations,
  };
  const breaches = charged.flatMap((each) => breachOf(each, each.spent, billing) ?? []);
  return { budgets, breaches };
}

/** A sentence for a person. */
export function breachSentence({ budget, resource, limit, wanted }: Breach): string {
  return `The budget of ${budget} allows ${amountOf(resource, limit)}; ${amountOf(resource, wanted)} would be used.`;
}

function amountOf(resource: Resource, value: number): string {
  switch (resource) {
    case 'tokens':
      return Math.round(value) === 1 ? '1 token' : `${Math.round(value)} tokens`;
    case 'costUsd':
      return `${value.toFixed(2)} US dollars`;
    case 'workMs':
      return `${Math.round(value / 1000)} seconds of work`;
    case 'attempts':
      return `${Math.round(value)} attempts`;
  }
}

/** The choices of a person when a budget is used up. */
export const breachChoices = ['raise', 'stop', 'hand-over'] as const;

function breachOf({ id, limits }: Budget, wanted: Amounts, billing: Billing): Breach | undefined {
  for (const resource of resources) {
    if (resource === 'costUsd' && billing === 'subscription') continue;
    const limit = limits[resource];
    const amount = wanted[resource] ?? 0;
    if (limit !== undefined && amount > limit) return { budget: id, resource, limit, wanted: amount };
  }
  return undefined;
}

/** Usage that is no number, or below nothing (a clock that was set back), counts as none. */
function plus(a: Amounts, b: Amounts): Amounts {
  const sums = resources.flatMap((each) => {
    const sum = sound(a[each]) + sound(b[each]);
    return sum === 0 && a[each] === undefined ? [] : [[each, sum] as const];
  });
  return Object.fromEntries(sums);
}

function sound(value: number | undefined): number {
  return value === undefined || !Number.isFinite(value) || value < 0 ? 0 : value;
}
