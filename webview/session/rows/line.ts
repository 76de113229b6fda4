/** The rows that are one line: their words and how loud they are. */
import type { IconName } from '../../shared/icons.ts';
import { t } from '../../shared/l10n.ts';
import { oneLine, visible } from '../../shared/visible.ts';
import type { Row } from '../conversation/rows.ts';
import { costOf, tokens } from '../header/usage.ts';

export type LineKind = Extract<Row, { kind: 'notice' | 'retry' | 'ask' | 'end' | 'unread' }>;

/** A line: plain text, and a tone that the theme colours. */
export interface Line {
  readonly icon: IconName;
  readonly tone: 'calm' | 'good' | 'warning' | 'bad' | 'asks';
  readonly text: string;
  readonly detail?: string;
}

/** `waits`: a person still has to answer what the row asks. */
export function lineFor(row: LineKind, waits: boolean): Line {
  switch (row.kind) {
    case 'notice':
      return { ...severities[row.severity], text: visible(row.text) };
    case 'retry':
      return retryLine(row);
    case 'ask':
      return askLine(row, waits);
    case 'end':
      return endLine(row);
    case 'unread': {
      const text =
        row.count === 1
          ? t('One line of output was not understood.')
          : t('{0} lines of output were not understood.', row.count);
      return { icon: 'info', tone: 'calm', text, detail: oneLine(row.sample, 100) };
    }
  }
}

const severities = {
  info: { icon: 'info', tone: 'calm' },
  warning: { icon: 'warning', tone: 'warning' },
  critical: { icon: 'error', tone: 'bad' },
} as const;

function retryLine({ attempt, max, error }: Extract<Row, { kind: 'retry' }>): Line {
  const text =
    max === undefined
      ? t("The model's service did not answer; try {0} follows.", attempt)
      : t("The model's service did not answer; try {0} of {1} follows.", attempt, max);
  return { icon: 'sync', tone: 'calm', text, detail: oneLine(error) };
}

function askLine({ request, state }: Extract<Row, { kind: 'ask' }>, waits: boolean): Line {
  const text = oneLine(request.title, 300);
  if (waits) return { icon: 'question', tone: 'asks', text, detail: t('waits for you below') };
  if (state === 'answered') return { icon: 'check', tone: 'calm', text, detail: t('answered') };
  if (state === 'withdrawn') return { icon: 'circleSlash', tone: 'calm', text, detail: t('no longer asked') };
  return { icon: 'question', tone: 'calm', text, detail: t('asked') };
}

function endLine({ outcome, reason, usage, denials, retryAfterS }: Extract<Row, { kind: 'end' }>): Line {
  const facts: string[] = [];
  if (outcome !== 'success' && reason !== outcome) facts.push(oneLine(reason, 100));
  if (denials > 0) facts.push(denials === 1 ? t('one tool denied') : t('{0} tools denied', denials));
  if (retryAfterS !== undefined) facts.push(t('again in {0} s', Math.ceil(retryAfterS)));
  const used = tokens(usage);
  if (used !== undefined) facts.push(used);
  const cost = costOf(usage);
  if (cost !== undefined) facts.push(cost);
  const detail = facts.join(' · ');
  return { ...outcomes(outcome), ...(detail === '' ? {} : { detail }) };
}

function outcomes(outcome: Extract<Row, { kind: 'end' }>['outcome']): Omit<Line, 'detail'> {
  switch (outcome) {
    case 'success':
      return { icon: 'check', tone: 'good', text: t('The turn ended') };
    case 'failed':
      return { icon: 'error', tone: 'bad', text: t('The turn failed') };
    case 'interrupted':
      return { icon: 'debugPause', tone: 'calm', text: t('The turn was interrupted') };
    case 'limit':
      return { icon: 'warning', tone: 'warning', text: t('The turn reached a limit') };
    case 'rate-limited':
      return { icon: 'watch', tone: 'warning', text: t("The model's service asked to wait") };
    case 'crashed':
      return { icon: 'error', tone: 'bad', text: t('The agent ended in the middle of the turn') };
  }
}
