import { lastSeen, type Loss } from '../../core/checkpoint/loss.ts';
import { defined } from '../../core/defined.ts';
import type { Conflict, LandingWay } from '../../core/landing/state.ts';
import type { Session } from '../../core/session/state.ts';
import { isFolder } from '../../git/admin.ts';
import { changesBetween, changesSince, type Changes } from '../../git/changes.ts';
import { textOf } from '../../git/door.ts';
import { buildLanding } from '../../git/landing-build.ts';
import { checkoutOf } from '../../git/landing-checkout.ts';
import { implausibleLoss } from '../../git/loss.ts';
import { whyMoveWaits } from '../../git/landing-move.ts';
import { conflictSides, textAt, textOfBlob } from '../../git/merge.ts';
import type { Repository } from '../../git/repository.ts';
import type { LandingPreview } from '../../protocol/landing.ts';
import type { Store } from '../sessions/store.ts';
import { takenBackSince } from './build.ts';
import { defaultMessage } from './message.ts';
import { privateFiles } from './private.ts';
import { findTarget, type Target } from './target.ts';

const commitsShown = 200;

/** What is asked of a preview. */
export interface PreviewRequest {
  readonly session: Session;
  readonly way: LandingWay;
  readonly into: string | undefined;
  readonly gates: readonly (readonly string[])[];
}

/** What landing a session would do at present. Nothing that anybody sees changes. Throws like `findTarget`. */
export async function preview(store: Store, repository: Repository, request: PreviewRequest): Promise<LandingPreview> {
  const { session, way } = request;
  const target = await findTarget(store, repository, session, request.into);
  const { targetCommit: from, tip } = target;
  const message = defaultMessage(session);
  const fork = await takenBackSince(
    repository,
    store.all('landing'),
    { session: session.id, target: target.target },
    from,
  );
  const outcome = await buildLanding(repository, { way, from, tip, message, ...(fork === undefined ? {} : { fork }) });
  const conflicts = outcome.kind === 'conflict' ? outcome.conflicts : [];
  const build = outcome.kind === 'built' ? outcome.build : undefined;
  const changes = build === undefined ? noChanges : await changesBetween(repository, from, build.tree);
  const open = await uncommitted(repository, target);
  const base = target.place.baseCommit;
  return {
    session: session.id,
    way,
    target: target.target,
    defaultBranch: target.defaultBranch,
    targetCommit: from,
    tip,
    nothing: outcome.kind === 'nothing',
    conflicts: conflicts.map((each) => ({ ...each, messages: [...each.messages] })),
    files: changes.files,
    insertions: changes.insertions,
    deletions: changes.deletions,
    paths: changes.paths.map((each) => defined({ ...each })),
    commits: await commitsOf(repository, fork ?? from, tip),
    message,
    uncommitted: open.files,
    unsigned: await wouldSign(repository),
    privateFiles: [...(await privateFiles(repository, { way, base, tip, ...defined({ tree: open.tree }) }))],
    gates: request.gates.map((gate) => [...gate]),
    ...defined({
      tree: build?.tree,
      conflictPrompt: conflicts.length === 0 ? undefined : conflictPrompt(target, conflicts),
      checkout: await checkoutView(repository, target, build?.commit ?? from),
      lost: await lostSince(repository, session, open.tree),
    }),
  };
}

const noChanges: Changes = { files: 0, insertions: 0, deletions: 0, paths: [] };

/** How many changed files are on no commit, and the tree with them; none when the worktree is not there to look at. */
export async function uncommitted(
  repository: Repository,
  { place, tip }: Target,
): Promise<{ readonly files: number; readonly tree?: string }> {
  if (!(await isFolder(place.path))) return { files: 0 };
  const { files, snapshot } = await changesSince(repository, place, tip, { limit: 0 });
  return files === 0 ? { files } : { files, tree: snapshot.tree };
}

/** What of a session's files has gone since its work ended, when that is implausibly much; `tree` is what is not committed. */
export async function lostSince(
  repository: Repository,
  session: Session,
  tree: string | undefined,
): Promise<Loss | undefined> {
  const then = lastSeen(session);
  if (tree === undefined || then === undefined || session.worktree === undefined) return undefined;
  const lost = await implausibleLoss(repository, session.worktree, { from: then, to: tree });
  return lost === undefined ? undefined : { gone: lost.gone, of: lost.of };
}

/** Whether a commit by hand would be signed. */
async function wouldSign(repository: Repository): Promise<boolean> {
  const set = (await repository.own()).get('commit.gpgsign') ?? (await repository.settings()).get('commit.gpgsign');
  return ['true', 'yes', 'on', '1'].includes(set?.toLowerCase() ?? '');
}

async function checkoutView(
  repository: Repository,
  { target, targetCommit: from }: Target,
  to: string,
): Promise<LandingPreview['checkout']> {
  const found = await checkoutOf(repository, target);
  if (found.kind === 'none') return undefined;
  if (found.kind === 'held') return { path: '', waits: found.why };
  const { checkout } = found;
  const waits = await whyMoveWaits(repository, { branch: target, from, to, checkout }, checkout);
  return defined({ path: checkout.path, waits });
}

async function commitsOf(repository: Repository, from: string, tip: string): Promise<LandingPreview['commits']> {
  const format = '--format=%H%x00%an%x00%s';
  const args = [
    'log',
    `--max-count=${commitsShown}`,
    '--no-show-signature',
    format,
    '--end-of-options',
    tip,
    `^${from}`,
  ];
  const text = textOf(await repository.run(args));
  return text === ''
    ? []
    : text.split('\n').map((row) => {
        const [id = '', author = '', subject = ''] = row.split('\0');
        return { id, author, subject };
      });
}

/** For the agent: what is in conflict, and how it is resolved on its own branch. File names are data, quoted. */
function conflictPrompt({ target, targetCommit, place }: Target, conflicts: readonly Conflict[]): string {
  const listed = conflicts.slice(0, 30).map(({ path, kind }) => `- ${JSON.stringify(path)} (${kind})`);
  const more = conflicts.length > 30 ? [`- and ${conflicts.length - 30} more`] : [];
  return [
    `Your branch ${place.branch} cannot be merged into ${target} as it is: both changed the same lines. In conflict:`,
    '',
    ...listed,
    ...more,
    '',
    `Run \`git merge ${targetCommit}\` in this worktree, resolve every conflict so that the intent of both sides is kept, ` +
      'run the tests, and finish the merge with a commit. Do not change any other branch.',
  ].join('\n');
}

/** The texts of one file in conflict, for a merge editor. Throws like `findTarget`. */
export async function conflictTexts(
  store: Store,
  repository: Repository,
  session: Session,
  { path, into }: { readonly path: string; readonly into: string | undefined },
): Promise<{ base?: string; target?: string; session?: string; merged?: string }> {
  const { targetCommit, tip } = await findTarget(store, repository, session, into);
  const sides = await conflictSides(repository, { ours: targetCommit, theirs: tip }, path);
  if (sides === undefined) return {};
  const text = async (oid: string | undefined): Promise<string | undefined> =>
    oid === undefined ? undefined : textOfBlob(repository, oid);
  const [base, target, own, merged] = await Promise.all([
    text(sides.base),
    text(sides.ours),
    text(sides.theirs),
    textAt(repository, sides.tree, path),
  ]);
  return defined({ base, target, session: own, merged });
}
