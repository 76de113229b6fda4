import type { Contribution } from '../contribution.ts';
import { together } from '../lifecycle/disposables.ts';
import type { Command } from './command.ts';
import { showNeedsYou, answerSession, allow, deny, editAndAllow, useInput, showEvidence } from './answer.ts';
import { archiveSession, showArchived, hideArchived } from './archive-session.ts';
import { exportDiagnostics } from './export-diagnostics.ts';
import { freeDiskSpace } from './free-disk-space.ts';
import {
  newSession,
  newSessionWithSelection,
  newSessionWithFiles,
  newSessionFromEditor,
  runDemo,
} from './new-session.ts';
import { openConfiguration } from './open-configuration.ts';
import { openGuide } from './open-guide.ts';
import { openSession } from './open-session.ts';
import { openWalkthrough } from './open-walkthrough.ts';
import { refreshSessions } from './refresh-sessions.ts';
import { renameSession } from './rename-session.ts';
import { reset } from './reset.ts';
import { pullModel } from './pull-model.ts';
import { runDoctor } from './run-doctor.ts';
import { sendFollowUp, continueSession } from './send-follow-up.ts';
import { showLog } from './show-log.ts';
import { startEngine } from './start-engine.ts';
import { takeCheckpoint } from './take-checkpoint.ts';
import { interruptTurn, stopSession, stopAllSessions } from './stop-session.ts';
import { trustRepository, revokeTrust, allowUnattended } from './trust.ts';
import { copyBranchName, openTerminal, openWorktreeWindow, addWorktreeFolder } from './worktree.ts';
import { landSession, takeLandingBack, withdrawLanding } from './land.ts';
import { removeSession, restoreSession } from './remove-session.ts';
import * as review from './review-session.ts';
import * as comments from './review-comments.ts';
import * as rollback from './roll-back.ts';
import * as breakpoints from './breakpoints.ts';
import * as judge from './judge.ts';
import type { CommandId } from './table.ts';

/** One per id: a missing one is a compile error. */
const commands: { readonly [K in CommandId]: Command } = {
  'coppice.newSession': newSession,
  'coppice.newSessionWithSelection': newSessionWithSelection,
  'coppice.newSessionWithFiles': newSessionWithFiles,
  'coppice.newSessionFromEditor': newSessionFromEditor,
  'coppice.runDemo': runDemo,
  'coppice.openSession': openSession,
  'coppice.sendFollowUp': sendFollowUp,
  'coppice.continueSession': continueSession,
  'coppice.interruptTurn': interruptTurn,
  'coppice.stopSession': stopSession,
  'coppice.stopAllSessions': stopAllSessions,
  'coppice.renameSession': renameSession,
  'coppice.archiveSession': archiveSession,
  'coppice.copyBranchName': copyBranchName,
  'coppice.openTerminal': openTerminal,
  'coppice.openWorktreeWindow': openWorktreeWindow,
  'coppice.addWorktreeFolder': addWorktreeFolder,
  'coppice.showNeedsYou': showNeedsYou,
  'coppice.answerSession': answerSession,
  'coppice.allow': allow,
  'coppice.deny': deny,
  'coppice.editAndAllow': editAndAllow,
  'coppice.useInput': useInput,
  'coppice.showEvidence': showEvidence,
  'coppice.refreshSessions': refreshSessions,
  'coppice.showArchived': showArchived,
  'coppice.hideArchived': hideArchived,
  'coppice.trustRepository': trustRepository,
  'coppice.revokeTrust': revokeTrust,
  'coppice.allowUnattended': allowUnattended,
  'coppice.freeDiskSpace': freeDiskSpace,
  'coppice.startEngine': startEngine,
  'coppice.runDoctor': runDoctor,
  'coppice.pullModel': pullModel,
  'coppice.exportDiagnostics': exportDiagnostics,
  'coppice.openConfiguration': openConfiguration,
  'coppice.openGuide': openGuide,
  'coppice.openWalkthrough': openWalkthrough,
  'coppice.showLog': showLog,
  'coppice.reset': reset,
  'coppice.reviewSession': review.reviewSession,
  'coppice.closeReview': review.closeReview,
  'coppice.openReviewFile': review.openReviewFile,
  'coppice.openReviewComment': comments.openReviewComment,
  'coppice.compareCheckpoint': review.compareCheckpoint,
  'coppice.setBaseline': comments.setBaseline,
  'coppice.resetBaseline': comments.resetBaseline,
  'coppice.nameCheckpoint': review.nameCheckpoint,
  'coppice.takeCheckpoint': takeCheckpoint,
  'coppice.rollBack': rollback.rollBack,
  'coppice.applyRollback': rollback.applyRollback,
  'coppice.cancelRollback': rollback.cancelRollback,
  'coppice.undoRollback': rollback.undoRollback,
  'coppice.toggleChange': rollback.toggleChange,
  'coppice.openOverlap': comments.openOverlap,
  'coppice.landSession': landSession,
  'coppice.takeLandingBack': takeLandingBack,
  'coppice.withdrawLanding': withdrawLanding,
  'coppice.removeSession': removeSession,
  'coppice.restoreSession': restoreSession,
  'coppice.sendComments': comments.sendComments,
  'coppice.addComment': comments.addComment,
  'coppice.resolveComment': comments.resolveComment,
  'coppice.reopenComment': comments.reopenComment,
  'coppice.deleteComment': comments.deleteComment,
  'coppice.editComment': comments.editComment,
  'coppice.saveComment': comments.saveComment,
  'coppice.cancelComment': comments.cancelComment,
  'coppice.addBreakpoint': breakpoints.addBreakpoint,
  'coppice.editBreakpoint': breakpoints.editBreakpoint,
  'coppice.removeBreakpoint': breakpoints.removeBreakpoint,
  'coppice.withdrawPermission': breakpoints.withdrawPermission,
  'coppice.verifySession': judge.verifySession,
  'coppice.acceptSession': judge.acceptSession,
  'coppice.setAutonomy': judge.setAutonomy,
  'coppice.showVerdicts': judge.showVerdicts,
};

const ids = Object.keys(commands) as CommandId[];

/** Registers every command. */
export const registerCommands: Contribution = {
  name: 'Commands',
  register: (app) => together(...ids.map((id) => app.commands.register(id, commands[id](app)))),
};
