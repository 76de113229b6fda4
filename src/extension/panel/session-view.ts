/** What the panel shows of a session: its status with what that rests on, and what can be done with it. Nothing is guessed. */
import * as l10n from '@vscode/l10n';
import { defined } from '../../core/defined.ts';
import { oneLine } from '../../core/printable.ts';
import type { SessionDetail } from '../../protocol/schemas.ts';
import type { Ability, PanelPrompt, PanelSession, PanelTurn } from '../../protocol/webview/session-panel.ts';
import { isSettled } from '../../protocol/session-status.ts';
import { isAtWork } from '../sessions/status-look.ts';
import { sessionTitle } from '../sessions/labels.ts';

const sentenceLimit = 600;

/** A session as the header shows it. `readOnly`: why this window may change nothing of it. */
export function panelSession(detail: SessionDetail, readOnly?: string): PanelSession {
  return {
    id: detail.id,
    title: sessionTitle(detail),
    status: detail.status,
    evidence: oneLine(evidenceOf(detail), sentenceLimit),
    agent: detail.agent,
    executor: detail.executor,
    mode: detail.mode,
    createdAt: detail.createdAt,
    turns: detail.turns,
    usage: usageOf(detail),
    archived: detail.archived,
    abilities: abilitiesOf(detail, readOnly),
    ...defined({
      next: detail.status === 'failed' && detail.error !== undefined ? oneLine(detail.error.next, 300) : undefined,
      agentVersion: detail.agentVersion,
      model: detail.model,
      branch: detail.branch ?? undefined,
      base: detail.base ?? undefined,
      worktree: detail.worktree ?? undefined,
      startedAt: detail.startedAt ?? undefined,
      endedAt: detail.endedAt,
      context: contextOf(detail),
      incomplete: detail.activity?.incomplete,
    }),
  };
}

function usageOf({ usage: { costUsd, ...tokens } }: SessionDetail): PanelSession['usage'] {
  return { ...tokens, ...defined({ costUsd }) };
}

function contextOf({ context }: SessionDetail): PanelSession['context'] {
  return context === undefined ? undefined : { tokens: context.tokens, ...defined({ window: context.window }) };
}

/** What a status rests on, in a sentence. */
export function evidenceOf(detail: SessionDetail): string {
  switch (detail.status) {
    case 'queued':
      return detail.waiting ?? l10n.t('It waits in line.');
    case 'preparing':
      return l10n.t('Its worktree is made and its agent is started.');
    case 'running':
      return detail.doubt ?? workOf(detail);
    case 'needs-you':
      return detail.needs.length === 1
        ? l10n.t('It waits for your answer.')
        : l10n.t('It waits for {0} answers of yours.', detail.needs.length);
    case 'paused':
      return detail.doubt ?? l10n.t('It goes on by itself.');
    case 'unknown':
      return detail.doubt ?? l10n.t('The state of its process cannot be told.');
    default:
      return endOf(detail);
  }
}

function workOf(detail: SessionDetail): string {
  if (detail.activity === undefined) return l10n.t('Its agent is at work.');
  const { messages } = detail.activity;
  return l10n.t('Its agent is at work: {0} messages and {1} tool calls so far.', messages, toolCalls(detail));
}

function endOf({ status, error, changes, lastTurn }: SessionDetail): string {
  switch (status) {
    case 'interrupted':
      return error?.message ?? l10n.t('The turn was stopped before its end; the worktree is as the agent left it.');
    case 'reported':
      return l10n.t('The agent says that it is done; nothing has checked that yet.') + changed(changes);
    case 'verified':
      return l10n.t('Checks have passed on exactly these files.') + changed(changes);
    case 'accepted':
      return l10n.t('A person has accepted exactly these files.') + changed(changes);
    case 'landed':
      return l10n.t('Its work is in the branch that it came from.');
    case 'failed':
      return error?.message ?? failedTurn(lastTurn);
    default:
      return l10n.t('It was ended before it was done; the worktree is as the agent left it.');
  }
}

function toolCalls({ activity }: SessionDetail): number {
  return Object.values(activity?.tools ?? {}).reduce((sum, calls) => sum + calls, 0);
}

function changed(changes: SessionDetail['changes']): string {
  if (changes === undefined) return '';
  if (changes.files === 0) return ` ${l10n.t('No file differs from the base.')}`;
  const { files, insertions, deletions } = changes;
  return files === 1
    ? ` ${l10n.t('One file differs from the base (+{0} −{1}).', insertions, deletions)}`
    : ` ${l10n.t('{0} files differ from the base (+{1} −{2}).', files, insertions, deletions)}`;
}

function failedTurn(lastTurn: SessionDetail['lastTurn']): string {
  if (lastTurn === undefined) return l10n.t('It ended before its first turn was over.');
  return l10n.t('Its last turn ended as {0} ({1}).', lastTurn.outcome, lastTurn.reason);
}

const can: Ability = { can: true };

function cannot(why: string): Ability {
  return { can: false, why };
}

/** What can be done with a session as it stands, and why the rest cannot. */
export function abilitiesOf(detail: SessionDetail, readOnly?: string): PanelSession['abilities'] {
  if (readOnly !== undefined) {
    const no = cannot(readOnly);
    return { send: no, steer: no, stop: no, cancel: no, continue: no, diff: diffOf(detail) };
  }
  const working = detail.status === 'running' || detail.status === 'needs-you';
  const notWorking = cannot(l10n.t('No turn is under way.'));
  return {
    send: detail.archived ? cannot(l10n.t('It is archived.')) : can,
    steer: working ? can : notWorking,
    stop: working ? can : notWorking,
    cancel: isAtWork(detail) || detail.status === 'queued' ? can : cannot(l10n.t('It has ended already.')),
    continue: canGoOn(detail),
    diff: diffOf(detail),
  };
}

function canGoOn(detail: SessionDetail): Ability {
  if (detail.archived) return cannot(l10n.t('It is archived.'));
  if (!isSettled(detail)) return cannot(l10n.t('It has not ended.'));
  const broken = detail.status === 'interrupted' || detail.status === 'failed' || detail.status === 'cancelled';
  return broken ? can : cannot(l10n.t('It has come to its end; say what comes next.'));
}

function diffOf({ worktree }: SessionDetail): Ability {
  return worktree === null ? cannot(l10n.t('It has no worktree yet.')) : can;
}

/** The first prompt, which the engine keeps whole. Later ones are in the stream or seen as they are given. */
export function promptsOf(detail: SessionDetail): readonly PanelPrompt[] {
  return detail.prompt === '' ? [] : [{ n: 1, text: detail.prompt, at: detail.createdAt }];
}

/** The turns that the engine remembers. */
export function turnsOf({ turnNotes = [] }: SessionDetail): readonly PanelTurn[] {
  return turnNotes.map(({ n, startedAt, endedAt, about }) => ({ n, startedAt, ...defined({ endedAt, about }) }));
}
