/** What is said of fetching a model. What a model server says is data: one line of text, never markup. Pure. */
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { NotificationOf } from '../../protocol/client/wire.ts';
import type { ResultOf, Requests } from '../../protocol/contract.ts';
import { plain } from '../messages/plain.ts';

type Found = ResultOf<Requests, 'model/show'>;

/** The question before a model is fetched: how large it is, from where it comes and which model reviews at present. */
export function pullQuestion({ offer, endpoint, installed, sentence }: Found): { question: string; detail: string } {
  const { name, bytes } = offer;
  const isThere = installed.some((each) => each.name === name);
  const question = isThere
    ? l10n.t('Pull {0} once more?', name)
    : bytes === undefined
      ? l10n.t('Pull {0}? Its size is told when it begins.', name)
      : l10n.t('Pull {0} ({1})?', name, sizeText(bytes));
  const where = l10n.t('It is fetched by the model server at {0}.', endpoint);
  return { question, detail: `${where}\n\n${oneLine(sentence, 300)}` };
}

/** How far it is: `1.2 GB of 4.7 GB`; what the server says where it has told no size. */
export function pullFar({ status, completed, total }: NotificationOf<'model/progress'>): string {
  return total === 0 ? plain(oneLine(status, 100)) : l10n.t('{0} of {1}', sizeText(completed), sizeText(total));
}

/** What choosing a row of the doctor does: a model is pulled only from its row, and only where that is not well. */
export function doctorHint(checks: readonly { readonly name: string; readonly ok: boolean }[]): string {
  return checks.some(({ name, ok }) => name === 'model' && !ok)
    ? l10n.t('Choose a line to copy what to do, or “model” to pull one')
    : l10n.t('Choose a line to copy what to do');
}

/** `986 MB` or `4.7 GB`, as model servers write it. */
function sizeText(bytes: number): string {
  return bytes < 1e9 ? l10n.t('{0} MB', Math.round(bytes / 1e6)) : l10n.t('{0} GB', (bytes / 1e9).toFixed(1));
}
