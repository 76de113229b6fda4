import type { NewEvent } from '../../core/domain.ts';
import { event } from '../../core/events.ts';
import type { Session } from '../../core/session/state.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { breachSentence, type Amounts } from '../../core/supervision/budget.ts';
import { fitting, levelName, type Day, type LevelBreach, type LevelLimits } from '../../core/supervision/levels.ts';
import { engineActor, type SessionContext } from '../sessions/context.ts';

/** What the settings allow the levels above a session. A limit of 0 is none. */
export function levelLimits(settings: Settings): LevelLimits {
  return {
    stage: amounts(settings['budget.stageTokens'], settings['budget.stageCostCents']),
    plan: amounts(settings['budget.planTokens'], settings['budget.planCostCents']),
    day: amounts(settings['budget.dayTokens'], settings['budget.dayCostCents']),
    project: amounts(settings['budget.projectTokens'], settings['budget.projectCostCents']),
  };
}

function amounts(tokens: number, cents: number): Amounts {
  return { ...(tokens === 0 ? {} : { tokens }), ...(cents === 0 ? {} : { costUsd: cents / 100 }) };
}

/** The day of a moment, in the time zone of this machine. `now` is milliseconds since 1970. */
export function dayOf(now: number): Day {
  const at = new Date(now);
  const parts = [at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0'));
  return {
    name: [at.getFullYear(), ...parts].join('-'),
    since: new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime(),
  };
}

/**
 * Sets aside what the prompt will probably take, at every level in one transaction with the look at all of them, or asks a person:
 * raise, stop, or take over. Nothing is given to the agent before one of the two is on record.
 */
export async function reserveBudget(context: SessionContext, { id }: Session, prompt: number): Promise<void> {
  const { store } = context;
  const settings = await context.settings(store.session(id));
  await store.commit(engineActor, () => {
    const session = store.session(id);
    const waiting = session.prompts.some((each) => each.n === prompt && each.state === 'waiting');
    if (!waiting || session.reserved?.prompt === prompt) return [];
    const fits = fitting(session, {
      sessions: store.all('session').filter((each) => each.repository.id === session.repository.id),
      limits: levelLimits(settings),
      allowances: store.all('allowance'),
      day: dayOf(context.clock()),
      billing: settings['budget.billing'],
    });
    if (!('resource' in fits)) return [event('budget.reserved', { session: id, prompt, amounts: fits.amounts })];
    return asked(context, session, prompt, fits);
  });
}

function asked(
  context: SessionContext,
  { id, prompts }: Session,
  prompt: number,
  breach: LevelBreach,
): readonly NewEvent[] {
  const why = `A limit is reached: ${breachSentence({ ...breach, budget: levelName(breach.budget) })}`;
  const text = prompts.find(({ n }) => n === prompt)?.text ?? '';
  return [
    event('breakpoint.raised', {
      ...{ session: id, breakpoint: context.newId(), kind: 'decision', why },
      title: 'A limit is reached: raise it, stop, or take over?',
      detail: `${why}\n\nWhat other sessions at work may still use is counted in. The prompt that waits:\n${text}`,
      about: { hold: true, limit: true, prompt, budget: breach.budget, above: breach.above },
    }),
  ];
}
