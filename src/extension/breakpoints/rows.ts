/** What the Breakpoints view shows. Conditions are people's words, patterns may be an agent's: both are cleaned. */
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import { joined } from '../sessions/joined.ts';
import type { GrantView, StopView } from '../../protocol/breakpoints.ts';
import type { Placed } from './model.ts';

/** A row of the view: a breakpoint, the heading of the permissions, or one of them. */
export type BreakpointRow =
  | { readonly kind: 'breakpoint'; readonly breakpoint: string; readonly stop: Placed<StopView> }
  | { readonly kind: 'permissions' }
  | { readonly kind: 'permission'; readonly permission: string; readonly grant: Placed<GrantView> };

/** How a row reads. */
export interface RowText {
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
}

const limit = 200;

/** A breakpoint: its condition, then what is out of the ordinary and how often it was hit. */
export function breakpointText({ text, hits, spec, title, place }: Placed<StopView>): RowText {
  const label = oneLine(text, limit);
  const description = joined(
    hits === 1 ? l10n.t('1 hit') : l10n.t('{0} hits', hits),
    spec.fromHit > 1 ? l10n.t('holds from hit {0}', spec.fromHit) : undefined,
    spec.once ? l10n.t('once') : undefined,
    onlyIn(spec.session, title),
    place && oneLine(place, 80),
  );
  const state = spec.enabled
    ? l10n.t('Holds a session when this is true.')
    : l10n.t('Off: it neither counts nor holds.');
  return { label, description, tooltip: `${label}\n${description}\n${state}` };
}

/** A permission that holds without asking again. */
export function permissionText({ tool, pattern, session, title, by, place }: Placed<GrantView>): RowText {
  const label = oneLine(`${tool}: ${pattern}`, limit);
  const description = joined(onlyIn(session, title) ?? l10n.t('always'), place && oneLine(place, 80));
  return { label, description, tooltip: `${label}\n${description}\n${l10n.t('Allowed by {0}.', oneLine(by, 80))}` };
}

/** The one session that something holds for, by its title. */
function onlyIn(session: string | undefined, title: string | undefined): string | undefined {
  return session && l10n.t('only “{0}”', oneLine(title ?? session.slice(0, 8), 80));
}

/** Conditions that are offered, each with what has to be typed after it; an empty example needs nothing more. */
export interface ConditionForm {
  readonly words: string;
  readonly label: string;
  readonly example: string;
}

/** What a person can choose from when a breakpoint is set. */
export function conditionForms(): readonly ConditionForm[] {
  return [
    { words: 'path', label: l10n.t('A tool writes a file…'), example: 'src/**' },
    { words: 'command', label: l10n.t('A command is run…'), example: 'git push*' },
    { words: 'before tool', label: l10n.t('A tool is used…'), example: 'Edit*' },
    { words: 'danger', label: l10n.t('Something dangerous is done'), example: '' },
    { words: 'before turn', label: l10n.t('Before each prompt'), example: '' },
    { words: 'after turn', label: l10n.t('After each turn'), example: '' },
    { words: 'before stage', label: l10n.t('A session of a stage begins…'), example: 'build' },
    { words: 'after stage', label: l10n.t('A stage is over…'), example: 'build' },
    { words: 'diff-size', label: l10n.t('The change has this many lines or more…'), example: '400' },
    { words: 'fewer-tests', label: l10n.t('The project has fewer tests, by at least…'), example: '1' },
    { words: 'confidence', label: l10n.t('A judged turn is let through with less confidence than…'), example: '0.9' },
    { words: 'same-error', label: l10n.t('The same error comes this many times…'), example: '2' },
    { words: 'worked-minutes', label: l10n.t('The session has worked for more minutes than…'), example: '20' },
  ];
}

/** The form in whose box a condition is changed: `known`, with which it begins, or one that is all of it; undefined where nothing is typed. */
export function formOf(condition: string, known: ConditionForm | undefined): ConditionForm | undefined {
  if (known?.example === '' && known.words === condition) return undefined;
  return known?.example && !condition.includes(' and ') ? known : { words: '', label: '', example: condition };
}
