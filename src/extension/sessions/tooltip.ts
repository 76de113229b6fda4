import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import { appendWords } from '../messages/words.ts';
import type { ResourcesView, SessionDetail, SessionView } from '../../protocol/schemas.ts';
import type { Below } from './below.ts';
import { joined } from './joined.ts';
import { changesText, linesText, pushText, usesText, sessionDescription, sessionTitle } from './labels.ts';
import { lookOf } from './status-look.ts';

const textLimit = 400;

/** What is told when the pointer rests on a session. Text of agents is appended as text, never as Markdown. */
export function sessionTooltip(
  session: SessionView,
  detail: SessionDetail | undefined,
  now: number,
  below?: Below,
  uses?: ResourcesView,
): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', true);
  appendWords(text.appendMarkdown('**'), sessionTitle(session)).appendMarkdown('**');
  const line = (icon: string, what: string): void => {
    if (what !== '') appendWords(text.appendMarkdown(`\n\n$(${icon}) `), oneLine(what, textLimit));
  };
  for (const [icon, what] of facts(session, detail, now, below)) line(icon, what);
  line('pulse', usesText(uses));
  for (const remark of session.changes?.remarks ?? []) line('info', remark);
  return text;
}

type Fact = readonly [icon: string, what: string];

function facts(
  session: SessionView,
  detail: SessionDetail | undefined,
  now: number,
  below: Below | undefined,
): readonly Fact[] {
  const look = lookOf(session.status);
  return [
    [look.icon.replace('loading~spin', 'circle-filled'), joined(look.label, sessionDescription(session, now, below))],
    ['comment', session.prompt === session.title ? '' : session.prompt],
    [
      'hubot',
      joined(
        session.agent,
        detail?.model === session.agent ? undefined : detail?.model,
        session.mode,
        ...(session.labels ?? []),
      ),
    ],
    ['milestone', session.stage === undefined ? '' : l10n.t('Stage {0}', session.stage)],
    ['git-branch', session.branch ?? ''],
    ['diff', joined(changesText(session), linesText(session))],
    ...(detail === undefined ? [] : detailFacts(detail)),
  ];
}

function detailFacts(detail: SessionDetail): readonly Fact[] {
  const { waiting, doubt, error, text } = detail;
  return [
    ['clock', waiting ?? ''],
    ['question', doubt ?? ''],
    [detail.pushed?.error === undefined ? 'cloud-upload' : 'warning', pushText(detail)],
    ['error', error === undefined ? '' : `${error.message} ${error.next}`],
    ['mention', text === undefined ? '' : l10n.t('Last words: {0}', oneLine(text, textLimit))],
  ];
}
