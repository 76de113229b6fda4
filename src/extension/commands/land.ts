import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CoppiceError } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import type { LandingPreview, LandingView } from '../../protocol/landing.ts';
import type { App } from '../app.ts';
import { mergeByHand } from '../git-view/merge.ts';
import { showInformationMessage, showWarningMessage } from '../messages/messages.ts';
import { landingButton, landingPlan, type Way, ways } from '../review/landing-plan.ts';
import { asReviewRow } from '../review/row-of.ts';
import type { Command } from './command.ts';
import { givePrompt } from './follow-up.ts';
import { pickSession } from './pick-session.ts';
import { chooseFrom } from '../quick/choose.ts';

/** Gates may take long; the landing itself goes on whatever becomes of this window. */
const previewMs = 2 * 60_000;

/** Coppice: Land Session… Shows what would come home and how; nothing moves before that is confirmed. */
export const landSession: Command = (app) => async (given) => {
  const session = await sessionOf(app, given, l10n.t('Land Session'));
  const way = await chooseWay();
  const preview = await vscode.window.withProgress(
    { location: { viewId: 'coppice.sessions' }, title: l10n.t('Trying the merge…') },
    () => app.link.request('landing/preview', { session, way }, { timeoutMs: previewMs }),
  );
  if (preview.conflicts.length > 0) {
    await offerResolution(app, session, preview);
    return;
  }
  if (preview.nothing && preview.uncommitted === 0) {
    await showInformationMessage(l10n.t('{0} has everything already.', preview.target));
    return;
  }
  const { title, detail } = landingPlan(preview);
  const { lost, privateFiles } = preview;
  const land = landingButton(preview);
  const ask = privateFiles.length > 0 || lost !== undefined ? showWarningMessage : showInformationMessage;
  const answer = await ask(title, { modal: true, detail }, land);
  if (answer !== land) throw new vscode.CancellationError();
  await app.link.request('landing/land', {
    ...{ session, way, tip: preview.tip },
    ...(preview.uncommitted > 0 ? { commit: true } : {}),
    ...(privateFiles.length > 0 ? { private: privateFiles } : {}),
    ...(lost === undefined ? {} : { deletions: true }),
  });
  await app.review.model.show(session);
};

async function sessionOf(app: App, given: unknown, title: string): Promise<string> {
  return pickSession(app, asReviewRow(given)?.session ?? given ?? app.review.model.session, {
    title,
    none: l10n.t('No session has anything to land.'),
    fits: ({ worktree, status }) => worktree !== null && status !== 'running' && status !== 'queued',
  });
}

async function chooseWay(): Promise<Way> {
  const picked = await chooseFrom(ways(), {
    title: l10n.t('Land Session'),
    placeHolder: l10n.t('Choose how it comes home; what it brings is shown before anything moves'),
  });
  return picked.way;
}

/** Both sides changed the same lines: the agent can resolve that, or a person in the merge editor. */
async function offerResolution(app: App, session: string, preview: LandingPreview): Promise<void> {
  const agent = l10n.t('Ask the Agent to Resolve');
  const merge = l10n.t('Resolve in the Merge Editor');
  const show = l10n.t('Show the Conflicts');
  const { conflictPrompt } = preview;
  const paths = preview.conflicts.slice(0, 5).map(({ path }) => oneLine(path, 120));
  const more = preview.conflicts.length - paths.length;
  const answer = await showWarningMessage(
    preview.conflicts.length === 1
      ? l10n.t('1 file is in conflict with {0}.', preview.target)
      : l10n.t('{0} files are in conflict with {1}.', preview.conflicts.length, preview.target),
    { modal: true, detail: [...paths, ...(more > 0 ? [l10n.t('and {0} more', more)] : [])].join('\n') },
    ...(conflictPrompt === undefined ? [merge, show] : [agent, merge, show]),
  );
  if (answer === agent && conflictPrompt !== undefined) await givePrompt(app, session, conflictPrompt, false);
  else if (answer === merge) await resolveByHand(app, session, preview);
  else if (answer === show) await showConflicts(app, session, preview);
  else throw new vscode.CancellationError();
}

/** The target is merged into the session's branch, in its worktree, by VS Code's Git; without that the conflicts are shown. */
async function resolveByHand(app: App, session: string, preview: LandingPreview): Promise<void> {
  const { worktree } = app.all.entries.get(session)?.session ?? (await app.all.look(session));
  const paths = preview.conflicts.map(({ path }) => path).filter((path) => path.isWellFormed());
  const merged = worktree === null ? 'unavailable' : await mergeByHand(worktree, preview.targetCommit, paths);
  if (merged === 'unavailable') {
    await showConflicts(app, session, preview);
    return;
  }
  if (merged !== 'merging') {
    throw new CoppiceError(
      'git-failed',
      l10n.t('Git could not merge {0} here: {1}', oneLine(preview.target, 100), oneLine(merged.stopped, 300)),
      l10n.t(
        'Look at the worktree in Source Control: what is not committed may be in the way, or a file that one side deleted.',
      ),
    );
  }
  await showInformationMessage(
    l10n.t('Choose “Complete Merge” in each file, commit the merge in Source Control, then land the session again.'),
  );
}

/** Each file in conflict as both sides have it, in one editor. */
async function showConflicts(app: App, session: string, { target, conflicts }: LandingPreview): Promise<void> {
  const title = l10n.t('Conflicts with {0}', target);
  const resources = conflicts.slice(0, 100).map(({ path }) => {
    const side = (which: 'target' | 'session'): vscode.Uri => app.review.conflictUri(session, path, which);
    return [side('session'), side('target'), side('session')];
  });
  await vscode.commands.executeCommand('vscode.changes', title, resources);
}

/** Coppice: Take Landing Back. A commit that reverses it goes the same way, through the same gates. */
export const takeLandingBack: Command = (app) => async (given) => {
  const session = await sessionOf(app, given, l10n.t('Take Landing Back'));
  const { landings } = await app.link.request('landing/queue', { session, all: true });
  const landed = landings.find(({ state, reverts, revertedBy }) => state === 'landed' && !reverts && !revertedBy);
  if (landed === undefined) {
    await showInformationMessage(l10n.t('This session has not landed.'));
    return;
  }
  const back = l10n.t('Take It Back');
  const detail = l10n.t('{0} gets a commit that reverses it. The work stays on its own branch.', landed.target);
  const answer = await showWarningMessage(
    l10n.t('Take “{0}” back out of {1}?', oneLine(landed.title, 80), landed.target),
    { modal: true, detail },
    back,
  );
  if (answer !== back) throw new vscode.CancellationError();
  await app.link.request('landing/revert', { session, landing: landed.id });
  await app.review.model.show(session);
};

/** Coppice: Withdraw Landing. Takes a landing that waits out of the line. */
export const withdrawLanding: Command = (app) => async (given) => {
  const row = asReviewRow(given);
  const landing = row?.kind === 'landing' ? row.landing : await waiting(app);
  await app.link.request('landing/withdraw', { landing: landing.id });
};

async function waiting(app: App): Promise<LandingView> {
  const { landings } = await app.link.request('landing/queue', {});
  const items = landings.map((landing) => ({
    label: oneLine(landing.title, 80),
    description: landing.target,
    landing,
  }));
  return (await chooseFrom(items, { title: l10n.t('Withdraw Landing') }, l10n.t('No landing is on its way.'))).landing;
}
