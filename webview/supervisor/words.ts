/** Verdicts and figures in words. */
import type { JudgementView, ReportView } from '../../src/protocol/supervision-views.ts';
import type { IconName } from '../shared/icons.ts';
import { t } from '../shared/l10n.ts';
import { oneLine } from '../shared/visible.ts';

type Tokens = NonNullable<NonNullable<JudgementView['review']>['tokens']>;

export interface Look {
  readonly word: string;
  readonly icon: IconName;
  readonly tone: 'calm' | 'good' | 'asks' | 'bad';
}

/** What was decided on a turn; undefined while it is judged. */
export function verdictLook(decision: JudgementView['decision']): Look {
  switch (decision?.action) {
    case undefined:
      return { word: t('Is being judged'), icon: 'loading', tone: 'calm' };
    case 'finish':
      return { word: t('Let through'), icon: 'passFilled', tone: 'good' };
    case 'continue':
      return { word: t('Sent on'), icon: 'send', tone: 'calm' };
    case 'retry':
      return { word: t('Tried again'), icon: 'refresh', tone: 'calm' };
    case 'escalate':
      return { word: t('Last try'), icon: 'warning', tone: 'asks' };
    case 'ask':
      return { word: t('Asked a person'), icon: 'bellDot', tone: 'asks' };
    case 'stop':
      return { word: t('Stopped'), icon: 'debugStop', tone: 'bad' };
  }
}

/** `12.5 %`, without a decimal that says nothing; it stays on one line. */
export function percent(share: number): string {
  const tenths = Math.round(share * 1000);
  return `${(tenths / 10).toFixed(tenths % 10 === 0 ? 0 : 1)}\u00A0%`;
}

/** How long a question was, and how that was counted before it was sent. */
export function tokensWords({ expected, counted, method, samples }: Tokens): string {
  const how = {
    usual: () => t('{0} tokens expected, as usual for such texts.', expected),
    calibrated: () => t('{0} tokens expected, from {1} earlier counts of the server.', expected, samples),
    tokenizer: () => t('{0} tokens expected, by the model’s own vocabulary.', expected),
  }[method]();
  return counted === undefined ? how : `${how} ${t('The server counted {0}.', counted)}`;
}

/** What a model found, in words; what it is not known to say stays as it is. */
export function reviewWord(verdict: string): string {
  switch (verdict) {
    case 'done':
      return t('done');
    case 'not-done':
      return t('not done');
    case 'unsure':
      return t('not sure');
    default:
      return oneLine(verdict, 80);
  }
}

type Share = ReportView['falseAccepts'];

/** A share with its cases and its interval. */
export function shareText({ hits, count, share, low, high }: Share): string {
  if (share === undefined) return t('no cases yet');
  return t('{0}: {1} of {2}, 95 % interval {3} to {4}', percent(share), hits, count, percent(low), percent(high));
}

/** Whether a goal is reached, in a sentence. */
export function goalText(goal: string, says: ReportView['goals']['correlation']['says']): string {
  switch (says) {
    case 'met':
      return t('Goal {0}: reached.', goal);
    case 'missed':
      return t('Goal {0}: missed.', goal);
    case 'too-few':
      return t('Goal {0}: too few cases to tell.', goal);
  }
}

/** `+1.2` or `−0.5`. */
export function signed(weight: number): string {
  return `${weight > 0 ? '+' : weight < 0 ? '−' : '±'}${Math.abs(weight).toFixed(1)}`;
}

type TimeView = ReportView['times'][number];

/** What a time is of. */
export function timedWord(what: TimeView['what']): string {
  switch (what) {
    case 'review':
      return t('An answer of the model');
    case 'agent':
      return t('A turn of the agent');
    case 'loop':
      return t('A turn until it is decided on');
    case 'own':
      return t('The same without the agent');
  }
}

/** `95 % within 12.3 s, of 48`, and what that says of its goal. */
export function timeText({ count, p95Ms, goalMs, says }: TimeView): { readonly value: string; readonly about: string } {
  if (p95Ms === undefined) return { value: t('no cases yet'), about: '' };
  const value = t('{0} within {1} s, of {2}', percent(0.95), (p95Ms / 1000).toFixed(1), count);
  return {
    value,
    about: goalMs === undefined || says === undefined ? '' : goalText(t('under {0} s', goalMs / 1000), says),
  };
}
