/** What features share of reviewing a session. */
import type * as vscode from 'vscode';
import type { EngineLink } from '../engine/link.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import type { Log } from '../log/logger.ts';
import type { OverlapView } from '../../protocol/watch.ts';
import type { SessionsModel } from '../sessions/model.ts';
import type { WindowSessions } from '../sessions/window.ts';
import { changeAtLine, type PlacedChange } from './choice.ts';
import { ReviewComments } from './comments.ts';
import { conflictUri, type ConflictSide } from './conflicts.ts';
import { documents, openOverlap, wouldBe } from './diffs.ts';
import { reviewModel, type ReviewModel } from './model.ts';
import { rollbacks, type Rollbacks } from './rollback.ts';
import { SessionChanges } from './scm.ts';

/** The review of this window. */
export interface Review {
  readonly model: ReviewModel;
  readonly rollbacks: Rollbacks;
  /** Threads on lines, and groups of the Source Control view; each made when first asked for. */
  comments(): ReviewComments;
  changes(): SessionChanges;
  /** The change of the open rollback at a line (from 1) of a document. */
  changeAt(uri: vscode.Uri, line: number): PlacedChange | undefined;
  conflictUri(session: string, path: string, side: ConflictSide): vscode.Uri;
  /** Opens a file on which two sides overlap as both have it, that of the session under review first. */
  openOverlap(overlap: OverlapView, path: string, session: string): Promise<void>;
}

/** Puts the parts together. */
export function openReview(
  link: EngineLink,
  all: SessionsModel,
  sessions: WindowSessions,
  log: Log,
): Review & Disposable {
  const owner = new Disposables();
  const model = owner.add(reviewModel(link, all, log));
  const choice = owner.add(rollbacks(link, log));
  let comments: ReviewComments | undefined;
  let changes: SessionChanges | undefined;
  return {
    model,
    rollbacks: choice,
    comments() {
      return (comments ??= owner.add(new ReviewComments(link, model)));
    },
    changes() {
      return (changes ??= owner.add(new SessionChanges(link, sessions, model, log)));
    },
    changeAt(uri, line) {
      const { open } = choice;
      if (open === undefined || model.subject === undefined) return undefined;
      const compared = wouldBe(model.subject, open.to);
      for (const each of open.choices) {
        const { before, after } = documents(compared, each.file);
        if (after.toString() === uri.toString()) return changeAtLine(each, line, 'new');
        if (before.toString() === uri.toString()) return changeAtLine(each, line, 'old');
      }
      return undefined;
    },
    conflictUri,
    openOverlap,
    dispose: () => owner.dispose(),
  };
}
