import { counted } from '../core/counted.ts';
import type { LandingPreview, LandingView } from '../protocol/landing.ts';
import type { Paint } from './paint.ts';
import { text, type Text } from './text.ts';
import { nextText } from './ways.ts';

/** The target had all of it already, so nothing had to be done. */
export function isNothing({ state, error }: LandingView): boolean {
  return state === 'refused' && error?.context?.['reason'] === 'nothing';
}

/** What became of a landing, for a person. */
export function landingLines(landing: LandingView, paint: Paint): Text[] {
  const { session, target, state, held, commit, error, reverts } = landing;
  const gates = landing.evidence.map(({ command, passed, ms }) => {
    const word = passed ? paint.green('passed') : paint.red('failed');
    return text`  gate ${command.join(' ')}: ${word} in ${(ms / 1000).toFixed(1)} s`;
  });
  switch (state) {
    case 'landed': {
      const done = reverts === undefined ? 'Landed in' : 'Taken back from';
      const undo = reverts === undefined ? [text`  take it back with: coppice land --revert ${session}`] : [];
      return [text`${paint.green(done)} ${target} at ${(commit ?? '').slice(0, 12)}`, ...gates, ...undo.map(paint.dim)];
    }
    case 'refused':
      if (isNothing(landing)) {
        const done = reverts === undefined ? 'has all of it already' : 'has nothing of it any more';
        return [text`${paint.green('Nothing to do:')} ${target} ${done}.`];
      }
      return [
        text`${paint.red('Not landed:')} ${error?.message ?? ''}`,
        ...gates,
        ...conflictLines(landing.conflicts ?? [], paint),
        paint.dim(text`  ${error === undefined ? '' : nextText(error)}`),
      ];
    case 'withdrawn':
      return [text`Taken out of the line. ${target} was not touched.`];
    default:
      if (held === undefined) return [text`On its way to ${target}`, ...gates];
      return [
        text`${paint.yellow('Waits:')} ${held}`,
        ...gates,
        paint.dim(text`  goes on by itself when that is over; give it up with: coppice land --withdraw ${session}`),
      ];
  }
}

/** What landing would do, for a person. */
export function previewLines(preview: LandingPreview, paint: Paint): Text[] {
  const { target, way, defaultBranch, files, insertions, deletions, commits, conflicts, checkout, gates } = preview;
  const uncommitted =
    preview.uncommitted === 0
      ? []
      : [
          paint.yellow(
            text`  ${counted(preview.uncommitted, 'changed file is', 'changed files are')} not committed; --commit takes them along`,
          ),
        ];
  const lost =
    preview.lost === undefined
      ? []
      : [
          paint.red(
            text`  ${preview.lost.gone} of ${counted(preview.lost.of, 'file')} are gone since its work ended; that lands only with --deletions`,
          ),
        ];
  if (preview.nothing) return [text`${target} has all of it already: nothing would change.`, ...uncommitted, ...lost];
  const where = defaultBranch ? text`${target} (the default branch)` : text`${target}`;
  const head =
    conflicts.length > 0
      ? text`${paint.red('In conflict')} with ${where}:`
      : text`Would land in ${where} by ${way}: ${counted(files, 'file')}, +${insertions} -${deletions}, ${counted(commits.length, 'commit')}`;
  return [
    head,
    ...conflictLines(conflicts, paint),
    ...preview.paths.map(
      (each) => text`  ${each.kind === 'modified' ? 'M' : (each.kind[0]?.toUpperCase() ?? '?')} ${each.path}`,
    ),
    ...gates.map((gate) => text`  gate ${gate.join(' ')}`),
    ...uncommitted,
    ...lost,
    ...preview.privateFiles.map((path) =>
      paint.yellow(text`  ${path} is ignored in your checkout; it lands only with --private ${path}`),
    ),
    ...(preview.unsigned ? [paint.dim(text`  its commits are not signed, although commit.gpgSign is set`)] : []),
    ...(checkout?.waits === undefined ? [] : [paint.yellow(text`  it would wait: ${checkout.waits}`)]),
  ];
}

function conflictLines(conflicts: readonly { readonly path: string; readonly kind: string }[], paint: Paint): Text[] {
  return conflicts.map(({ path, kind }) => text`  ${paint.red('C')} ${path} (${kind})`);
}
