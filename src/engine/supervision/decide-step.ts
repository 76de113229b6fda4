import type { Checkpoint } from '../../core/checkpoint/state.ts';
import { defined } from '../../core/defined.ts';
import type { NewEvent } from '../../core/domain.ts';
import { isCoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import { requestRestore } from '../../core/restore/commands.ts';
import type { Place, Session } from '../../core/session/state.ts';
import type { Amounts, Billing } from '../../core/supervision/budget.ts';
import { reliability, type Judged } from '../../core/supervision/calibration.ts';
import { judgingDue } from '../../core/supervision/due.ts';
import { verdictOf } from '../../core/supervision/gate.ts';
import { breachOf, failureOf, judge } from '../../core/supervision/judge.ts';
import type { Decided, Judgement } from '../../core/supervision/judgement.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { isAboutConfidence, meetingOf, predicateText } from '../../core/supervision/moments.ts';
import { fingerprintOf } from '../../supervision/fingerprint.ts';
import { beginningOf } from '../sessions/checkpoint.ts';
import type { SessionContext } from '../sessions/context.ts';
import type { Store } from '../sessions/store.ts';
import { armedStops } from './stops.ts';
import { criteriaText, cut, materialOf, outputOf, quoted } from './material.ts';
import { filled, type TemplateName } from './templates.ts';
import { keepText, promptFile } from './texts.ts';

/**
 * Decides on the judged turn and commits the decision with what follows from it, in one transaction: the next prompt, or the
 * question to a person. A state that has moved on meanwhile is not decided on.
 */
export async function decideTurn(
  context: SessionContext,
  session: Session,
  place: Place,
  judgement: Judgement,
): Promise<void> {
  const { store } = context;
  const settings = await context.settings(session);
  const limits = limitsOf(settings);
  const gates = verdictOf(session.supervision?.gates ?? [], judgement.evidence, judgement.tree);
  const output = gates.say === 'failed' ? await outputOf(gates.evidence.output) : '';
  const began = beginningOf(context, session, judgement.turn);
  const words = failureOf(session, judgement, () => output);
  const decided = judge(session, judgement, {
    ...limits,
    failure: words === undefined ? undefined : fingerprintOf(words),
    curve: reliability(casesOf(store, session.repository.id)),
    ...defined({ began, stronger: strongerOf(settings, session) }),
  });
  const known = { judgement, decided, output, limits, ...defined({ began }) };
  const next = await following(context, session, place, known);
  if (next.text !== undefined && next.to === undefined)
    await keepText(promptFile(context.judges, session.id, session.promptCount + 1), next.text);
  await store.commit('supervisor', () => {
    const present = store.session(session.id);
    const due = judgingDue(present);
    const same = due?.do === 'decide' && present.judgement?.tree === judgement.tree;
    const overtaken = present.restoring !== undefined || present.prompts.some(({ state }) => state === 'waiting');
    if (!same || overtaken) return [];
    return [...eventsOf(context, present, judgement, next), ...confidenceStops(context, present, judgement, decided)];
  });
}

/** The stronger model of the session's agent, unless it is the one that the agent is asked to use anyway. */
function strongerOf({ agents }: Settings, { agent, agentOptions }: Session): string | undefined {
  const { model, strongerModel } = agents[agent] ?? {};
  return strongerModel === (agentOptions['model'] ?? model) ? undefined : strongerModel;
}

/** A finished turn of which a person wanted to hear when nobody is so sure of it. Every other decision asks or goes on anyway. */
function confidenceStops(
  { store, newId }: SessionContext,
  session: Session,
  { turn, lines }: Judgement,
  { action, calibrated, sentence }: Decided,
): readonly NewEvent[] {
  if (action !== 'finish') return [];
  const stops = armedStops(store, session).filter(({ spec }) => isAboutConfidence(spec.predicate));
  const moment = {
    session: session.id,
    kind: 'turn',
    at: 'after',
    confidence: calibrated,
    changedLines: lines,
  } as const;
  const { hit, holding, spent } = meetingOf(stops, moment);
  if (hit.length === 0) return [];
  const why = `A breakpoint holds it: ${holding.map(({ predicate }) => predicateText(predicate)).join('; ')}.`;
  const about = { turn };
  const raised = {
    session: session.id,
    breakpoint: newId(),
    kind: 'decision',
    title: 'Breakpoint after a decision',
  } as const;
  return [
    event('stop.met', { session: session.id, hit, spent }),
    ...(holding.length === 0
      ? []
      : [event('breakpoint.raised', { ...raised, detail: `${why}\n\n${sentence}`, why, about })]),
  ];
}

/** What the settings allow a session. A limit of 0 is none. */
export function limitsOf(settings: Settings): {
  readonly limits: { readonly perError: number; readonly processRestarts: number };
  readonly budget: Amounts;
  readonly most: Amounts;
  readonly billing: Billing;
} {
  const { 'budget.tokens': tokens, 'budget.workMinutes': minutes, 'budget.costCents': own } = settings;
  const { 'approval.costAutomaticCents': automatic, 'approval.costForbiddenCents': forbidden } = settings;
  const cents = own === 0 || automatic === 0 ? own + automatic : Math.min(own, automatic);
  return {
    limits: { perError: settings['supervision.attempts'], processRestarts: 3 },
    billing: settings['budget.billing'],
    most: forbidden === 0 ? {} : { costUsd: forbidden / 100 },
    budget: {
      attempts: settings['supervision.maxPrompts'],
      ...(tokens === 0 ? {} : { tokens }),
      ...(minutes === 0 ? {} : { workMs: minutes * 60_000 }),
      ...(cents === 0 ? {} : { costUsd: cents / 100 }),
    },
  };
}

/** The turns of a repository of which a person said whether they were good. */
export function casesOf(store: Store, repository: string): readonly Judged[] {
  return store.all('judgement').flatMap((each) => {
    const { decided, word } = each;
    if (each.repository !== repository || decided === undefined || word?.good === undefined) return [];
    return [
      {
        score: decided.score,
        good: word.good,
        accepted: decided.action === 'finish',
        asked: decided.action === 'ask',
        ...(word.unnecessary === undefined ? {} : { unnecessary: word.unnecessary }),
      },
    ];
  });
}

interface Next {
  readonly decided: Decided;
  /** The prompt that is sent. */
  readonly text?: string;
  /** The checkpoint to which the files go back before that. */
  readonly to?: number;
  /** The question that is asked, with its evidence. */
  readonly detail?: string;
  /** A limit is what it is asked for. */
  readonly limit?: boolean;
}

interface Known {
  readonly judgement: Judgement;
  readonly decided: Decided;
  readonly output: string;
  readonly limits: ReturnType<typeof limitsOf>;
  /** The state from which the turn began. */
  readonly began?: Checkpoint;
}

async function following(context: SessionContext, session: Session, place: Place, known: Known): Promise<Next> {
  const { decided } = known;
  switch (decided.action) {
    case 'finish':
    case 'stop':
      return { decided };
    case 'ask':
      return question(session, known);
    default:
      try {
        return {
          ...{ decided, text: await promptText(context, session, place, known) },
          ...(decided.rollBack === true ? defined({ to: known.began?.n }) : {}),
        };
      } catch (error) {
        // A template that cannot be used sends nothing: a person is asked, and told which one.
        if (!isCoppiceError(error, 'config-invalid')) throw error;
        const what = `The next prompt could not be written, so nothing was done: ${error.message} ${error.next}`;
        return question(session, { ...known, decided: asking(decided, what) });
      }
  }
}

/** The decision as one that asks instead of doing anything. */
function asking({ rollBack: _, ...rest }: Decided, what: string): Decided {
  return { ...rest, action: 'ask', sentence: `${rest.sentence} ${what}` };
}

function question(session: Session, { judgement, decided, output, limits }: Known): Next {
  const why = decided.weights.map(
    ({ name, weight, sentence }) => `${weight > 0 ? '+' : ''}${weight.toFixed(1)} ${name}: ${sentence}`,
  );
  const printed = output === '' ? [] : ['', 'The end of what the gate printed:', output];
  const reason = judgement.reviewed?.review?.reason;
  const said = reason === undefined ? [] : ['', 'In the words of the model that reviewed it:', reason];
  const limit = decided.factors.includes('budget') && breachOf(session, limits)?.final === false;
  return {
    decided,
    detail: [decided.sentence, '', 'What speaks for it (+) and against it (-):', ...why, ...said, ...printed].join(
      '\n',
    ),
    ...(limit ? { limit } : {}),
  };
}

async function promptText(
  context: SessionContext,
  session: Session,
  place: Place,
  { judgement, decided, output, limits }: Known,
): Promise<string> {
  const name = templateOf(decided);
  const material = await materialOf(context, session, place, judgement);
  const earlier =
    session.attempts?.errors.find(({ fingerprint }) => fingerprint.id === decided.failure?.id)?.count ?? 0;
  const text = await context.judges.template(session.repository.root, name);
  return filled(text, name, {
    goal: material.goal,
    criteria: criteriaText(material.criteria),
    reason: decided.sentence,
    error: quoted(output === '' ? cut(wordsOf(judgement, decided), 4000) : output),
    attempt: String(earlier + 1),
    attempts: String(limits.limits.perError),
    files: quoted(material.files),
    changes: quoted(cut(material.changes, 16_000)),
  });
}

/** What is wrong, with why in the words of the model that found it. They are no part of the failure: it is the same with other words. */
function wordsOf({ reviewed }: Judgement, { failure }: Decided): string {
  const why = failure === undefined ? undefined : reviewed?.review?.reason;
  return [failure?.message ?? '', ...(why === undefined ? [] : [why])].join('\n');
}

function templateOf({ action, failure }: Decided): TemplateName {
  if (action === 'escalate') return 'escalate';
  return failure === undefined ? 'check' : 'continue';
}

function eventsOf(
  context: SessionContext,
  session: Session,
  { turn, tree }: Judgement,
  { decided, text, to, detail, limit }: Next,
): readonly NewEvent[] {
  const { id, promptCount } = session;
  if (text !== undefined && to !== undefined) {
    // The prompt follows when it is done: it says what was.
    const restore = context.newId();
    const automatic = { turn, why: decided.sentence, prompt: text };
    return [
      event('turn.decided', { session: id, turn, decided: { ...decided, rollback: { restore, to } } }),
      ...requestRestore(session, { id: restore, to, expect: tree, automatic }, true),
    ];
  }
  if (text !== undefined) {
    const prompt = promptCount + 1;
    return [
      event('turn.decided', { session: id, turn, decided: { ...decided, prompt } }),
      event('prompt.added', { session: id, prompt, text, steer: false }),
    ];
  }
  if (detail === undefined) return [event('turn.decided', { session: id, turn, decided })];
  const breakpoint = context.newId();
  const about = { turn, ...(limit === true ? { limit } : {}) };
  const title = limit === true ? 'A limit is reached: raise it, stop, or take over?' : 'Is this turn as it should be?';
  return [
    event('turn.decided', { session: id, turn, decided: { ...decided, breakpoint } }),
    event('breakpoint.raised', { session: id, breakpoint, kind: 'decision', title, detail, about }),
  ];
}
