/** What a row is called for those who hear it, and how high it may be before it is drawn. */
import { t } from '../../shared/l10n.ts';
import { oneLine } from '../../shared/visible.ts';
import { lineOf, stateWord } from '../tools/view.ts';
import type { Row } from './rows.ts';

/** A short sentence for screen readers. */
export function labelOf(row: Row): string {
  const words = plainLabel(row);
  return row.subagent === true ? t('Subagent: {0}', words) : words;
}

function plainLabel(row: Row): string {
  switch (row.kind) {
    case 'turn':
      return t('Turn {0}', row.turn);
    case 'message':
      return t('Message: {0}', oneLine(row.text, 160));
    case 'thinking':
      return t('Thinking');
    case 'tool': {
      const { name, subject } = lineOf(row.name, row.input, undefined);
      return t('Tool {0}, {1}: {2}', name, stateWord(row.state), subject);
    }
    case 'notice':
      return t('Notice: {0}', oneLine(row.text, 160));
    case 'retry':
      return t('Try {0}', row.attempt);
    case 'ask':
      return t('Asked: {0}', oneLine(row.request.title, 160));
    case 'end':
      return t('End of turn {0}', row.turn);
    case 'unread':
      return t('Output that was not understood');
  }
}

/** Pixels, roughly: the list corrects it when it draws the row. */
export function estimate(row: Row | undefined, width: number): number {
  switch (row?.kind) {
    case 'message': {
      const perLine = Math.max(20, Math.min(880, width) / 7);
      return Math.min(4000, 12 + 20 * Math.ceil(row.text.length / perLine));
    }
    case 'turn':
      return 84;
    default:
      return 28;
  }
}
