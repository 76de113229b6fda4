import type { Danger, Finding, Severity } from '../../../core/supervision/finding.ts';
import type { Invocation } from '../invocation.ts';
import type { Place } from '../place.ts';
import { shown } from '../text.ts';

/** Looks at one command and says what is dangerous about it. */
export type Rule = (invocation: Invocation, place: Place) => readonly Finding[];

/** A finding; `what` is shortened and cleaned for a sentence. */
export function finding(danger: Danger, severity: Severity, before: string, what = '', after = ''): Finding {
  const quoted = what === '' ? '' : ` \`${shown(what)}\``;
  return { danger, severity, sentence: `${before}${quoted}${after}.` };
}
