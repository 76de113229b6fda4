/** Words of the Review view. Text of repositories, agents and people is cleaned before it becomes a label. Pure. */
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { CheckpointView, FileDiffView } from '../../protocol/diff-schemas.ts';
import type { LandingView } from '../../protocol/landing.ts';
import type { ReviewView } from '../../protocol/review.ts';
import type { OverlapView } from '../../protocol/watch.ts';
import type { Hunk } from './choice.ts';

const labelLimit = 200;

/** A path as a label. */
export function pathLabel(path: string): string {
  return oneLine(path, labelLimit);
}

/** The last part of a path. */
export function fileName(path: string): string {
  return pathLabel(path.slice(path.lastIndexOf('/') + 1));
}

/** The folder of a path, without a slash at its end; empty at the top. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : pathLabel(path.slice(0, slash));
}

/** How much of a file changed, as a dim text: `+3 −1`. */
export function countsOf({
  insertions,
  deletions,
  binary,
}: Pick<FileDiffView, 'insertions' | 'deletions' | 'binary'>): string {
  if (binary || insertions === undefined || deletions === undefined) return l10n.t('binary');
  return `+${insertions} −${deletions}`;
}

/** One word for what happened to a file. */
export function statusWord({ status }: Pick<FileDiffView, 'status'>): string {
  switch (status) {
    case 'added':
      return l10n.t('added');
    case 'deleted':
      return l10n.t('deleted');
    case 'modified':
      return l10n.t('modified');
    case 'renamed':
      return l10n.t('renamed');
    case 'type-changed':
      return l10n.t('type changed');
  }
}

/** What a checkpoint is called. */
export function checkpointLabel(
  checkpoint: Pick<CheckpointView, 'n' | 'kind' | 'name' | 'turn' | 'restore' | 'tools'>,
): string {
  const { n, name, turn, restore, tools } = checkpoint;
  if (name !== undefined) return oneLine(name, labelLimit);
  switch (checkpoint.kind) {
    case 'session-start':
      return l10n.t('Start of the session');
    case 'turn-start':
      return l10n.t('Before turn {0}', turn + 1);
    case 'turn-end':
      return l10n.t('After turn {0}', turn);
    case 'tool':
      return toolsLabel(tools, turn + 1);
    case 'gate':
      return l10n.t('At the gates, after turn {0}', turn);
    case 'named':
      return l10n.t('Checkpoint {0}', n);
    case 'restore':
      return restoreLabel(restore, n);
  }
}

/** An agent that waits has not begun its tool; of one that does not, the moment at which it was seen is kept. */
function toolsLabel(tools: CheckpointView['tools'], turn: number): string {
  const [first] = tools ?? [];
  if (first === undefined) return l10n.t('Before a tool, in turn {0}', turn);
  const names = oneLine((tools ?? []).map(({ name }) => name).join(', '), 60);
  return first.held ? l10n.t('Before {0}, in turn {1}', names, turn) : l10n.t('As {0} began, in turn {1}', names, turn);
}

function restoreLabel(restore: CheckpointView['restore'], n: number): string {
  const to = restore?.to ?? n;
  if (restore?.automatic === true) {
    return restore.side === 'after'
      ? l10n.t('Rolled back by itself to checkpoint {0}', to)
      : l10n.t('What gates refused, before the rollback to checkpoint {0}', to);
  }
  return restore?.side === 'after'
    ? l10n.t('Rolled back to checkpoint {0}', to)
    : l10n.t('Before the rollback to checkpoint {0}', to);
}

/** The icon of a checkpoint: why it was taken, and for the states around turns whether anything had changed. */
export function checkpointIcon({ kind, name, changed }: Pick<CheckpointView, 'kind' | 'name' | 'changed'>): string {
  if (name !== undefined) return 'bookmark';
  switch (kind) {
    case 'session-start':
      return 'play-circle';
    case 'tool':
      return 'tools';
    case 'gate':
      return 'shield';
    case 'restore':
      return 'discard';
    case 'named':
      return 'bookmark';
    case 'turn-start':
    case 'turn-end':
      return changed ? 'circle-filled' : 'circle-outline';
  }
}

/** The dim text of a checkpoint: its number, whose work it holds. */
export function checkpointDescription({
  n,
  changed,
  byPerson,
}: Pick<CheckpointView, 'n' | 'changed' | 'byPerson'>): string {
  const what = !changed ? l10n.t('no change') : byPerson ? l10n.t('your edits') : undefined;
  return what === undefined ? `#${n}` : `#${n} · ${what}`;
}

/** Whether a file is ticked for exactly what it holds. */
export function isTicked(
  { path, after }: Pick<FileDiffView, 'path' | 'after'>,
  { ticks }: Pick<ReviewView, 'ticks'>,
): boolean {
  const tick = ticks.find((each) => each.path === path);
  return tick !== undefined && tick.content === (after?.id ?? null);
}

/** Lines of a hunk as a label, counted in the files as they are. */
export function hunkLabel({ oldStart, oldLines, newLines }: Hunk): string {
  const lines =
    oldLines > 1 ? l10n.t('Lines {0} to {1}', oldStart, oldStart + oldLines - 1) : l10n.t('Line {0}', oldStart);
  return oldLines === 0 ? l10n.t('After line {0}: {1} lines come back', oldStart, newLines) : lines;
}

/** Who overlaps with a session: the title of the other one, or the branch that it came from. */
export function overlapLabel(overlap: OverlapView, session: string, titleOf: (session: string) => string): string {
  const { ours, theirs } = overlap;
  if ('base' in theirs) return l10n.t('Overlaps with {0}', pathLabel(theirs.base));
  const other = theirs.session === session ? ours.session : theirs.session;
  return l10n.t('Overlaps with {0}', oneLine(titleOf(other), labelLimit));
}

/** How a landing stands, in a few words. */
export function landingLabel(landing: LandingView): string {
  const target = pathLabel(landing.target);
  if (landing.reverts !== undefined) return takingBackLabel(landing, target);
  switch (landing.state) {
    case 'queued':
    case 'built':
      return l10n.t('On its way into {0}', target);
    case 'landed':
      return landing.revertedBy === undefined
        ? l10n.t('Landed in {0}', target)
        : l10n.t('Landed in {0}, then taken back', target);
    case 'refused':
      return l10n.t('Could not land in {0}', target);
    case 'withdrawn':
      return l10n.t('Taken out of the line for {0}', target);
  }
}

function takingBackLabel({ state }: LandingView, target: string): string {
  switch (state) {
    case 'queued':
    case 'built':
      return l10n.t('Being taken back from {0}', target);
    case 'landed':
      return l10n.t('Taken back from {0}', target);
    case 'refused':
      return l10n.t('Could not be taken back from {0}', target);
    case 'withdrawn':
      return l10n.t('Stays in {0}', target);
  }
}

/** Why a landing is where it is. */
export function landingDescription({ held, error, position, state, evidence }: LandingView): string {
  if (held !== undefined) return oneLine(held, labelLimit);
  if (error !== undefined) return oneLine(error.message, labelLimit);
  if (state === 'built') {
    const passed = evidence.filter((each) => each.passed).length;
    return passed === 0 ? l10n.t('at its gates') : l10n.t('at its gates, {0} passed', passed);
  }
  return state !== 'queued' || position === undefined ? '' : l10n.t('place {0} in the line', position);
}
