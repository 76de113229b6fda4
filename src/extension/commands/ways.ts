/** The commands by which a person at VS Code does what an error names as the next step. */
import * as l10n from '@vscode/l10n';
import type { ErrorRecord, Way } from '../../core/errors.ts';
import type { CommandId } from './table.ts';

/** A command with the words of a button that runs it. */
export type Offer = readonly [title: string, command: CommandId];

/** Those that are one command here; what the error is about goes with it. */
function offers(): { readonly [W in Way]?: Offer } {
  const verify: Offer = [l10n.t('Verify Session'), 'coppice.verifySession'];
  const review: Offer = [l10n.t('Review Session'), 'coppice.reviewSession'];
  const rollBack: Offer = [l10n.t('Roll Back'), 'coppice.rollBack'];
  return {
    verify,
    'accept-unverified': verify,
    accept: [l10n.t('Accept Session'), 'coppice.acceptSession'],
    answer: [l10n.t('Answer'), 'coppice.answerSession'],
    cancel: [l10n.t('Stop Session'), 'coppice.stopSession'],
    continue: [l10n.t('Send Follow-Up'), 'coppice.sendFollowUp'],
    'export-diagnostics': [l10n.t('Export Diagnostics'), 'coppice.exportDiagnostics'],
    'find-gates': [l10n.t('Open Configuration File'), 'coppice.openConfiguration'],
    restore: [l10n.t('Restore Session'), 'coppice.restoreSession'],
    revert: [l10n.t('Take Landing Back'), 'coppice.takeLandingBack'],
    'roll-back': rollBack,
    'roll-back-or-land': rollBack,
    'undo-or-land': [l10n.t('Undo Rollback'), 'coppice.undoRollback'],
    'see-checkpoints': review,
    'see-landings': review,
    'see-session': [l10n.t('Open Session'), 'coppice.openSession'],
    'see-verdicts': [l10n.t('Show Verdicts'), 'coppice.showVerdicts'],
    'run-doctor': [l10n.t('Run Doctor'), 'coppice.runDoctor'],
    'start-engine': [l10n.t('Start Engine'), 'coppice.startEngine'],
    trust: [l10n.t('Trust Repository'), 'coppice.trustRepository'],
    'trust-host': [l10n.t('Allow Unattended Agents'), 'coppice.allowUnattended'],
  };
}

/** What does the next step of an error here, if one command does. A later engine may know ways that this front end does not. */
export function offerFor({ context }: Pick<ErrorRecord, 'context'>): Offer | undefined {
  return new Map<string, Offer>(Object.entries(offers())).get(context?.['way'] ?? '');
}
