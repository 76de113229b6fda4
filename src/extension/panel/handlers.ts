/** What the extension does with what the session panel asks. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { defined } from '../../core/defined.ts';
import { CoppiceError } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import type { SessionDetail } from '../../protocol/schemas.ts';
import type { PanelHandlers, ParamsOf, ResultOf } from '../../protocol/webview/kinds.ts';
import type { SessionPanelApi } from '../../protocol/webview/session-panel.ts';
import { givePrompt } from '../commands/follow-up.ts';
import { giveAnswer, insist } from '../engine/insist.ts';
import { requester } from '../engine/requester.ts';
import { secretKey } from '../engine/secrets.ts';
import { showWarningMessage } from '../messages/messages.ts';
import { chooseFiles, selectedLines } from './attachments.ts';
import { openChange } from './changes.ts';
import { fileInWorktree, webAddress } from './links.ts';
import { promptText } from './prompt-text.ts';
import type { PanelServices } from './services.ts';
import { whole } from './whole-text.ts';

/** The panel that the messages come from. */
export interface Asking {
  readonly session: string;
  /** What was known of the session last. */
  readonly detail: () => SessionDetail | undefined;
  readonly begin: () => Promise<ResultOf<SessionPanelApi['ready']>>;
  readonly taken: (batch: number) => void;
  readonly readAgain: () => void;
}

/** One handler for each request and command of the session panel. */
export function panelHandlers(services: PanelServices, asking: Asking): PanelHandlers<SessionPanelApi> {
  const { link } = services;
  const { session } = asking;
  const worktree = (): string => worktreeOf(asking.detail());
  return {
    ready: () => asking.begin(),
    taken: ({ batch }) => asking.taken(batch),
    readAgain: () => asking.readAgain(),
    send: joined((given) => send(services, session, given)),
    stop: async () => {
      await link.request('session/interrupt', { session });
      return {};
    },
    cancel: async () => ({ done: await cancel(services, asking) }),
    answer: async ({ breakpoint, answer }) => {
      const { choice, reason, input, answers } = answer;
      const given = { choice, ...defined({ reason, input, answers }) };
      await giveAnswer(link, session, breakpoint, { answer: given });
      return {};
    },
    supply: async ({ breakpoint }) => ({ done: await supply(services, asking, breakpoint) }),
    read: async (place) => ({ text: await whole(link, session, place) }),
    attach: async ({ what }) => {
      const top = worktree();
      if (what === 'file') return { attachments: await chooseFiles(top) };
      return { attachments: selectedLines(top, asking.detail()?.repository ?? top) };
    },
    openLink: async ({ href }) => {
      // VS Code asks before it opens what the user does not trust.
      await vscode.env.openExternal(vscode.Uri.parse(webAddress(href), true));
    },
    openFile: async ({ path, line }) => {
      const file = vscode.Uri.file(await fileInWorktree(worktree(), path));
      const at = line === undefined ? undefined : new vscode.Range(line - 1, 0, line - 1, 0);
      await vscode.commands.executeCommand('vscode.open', file, { preview: true, ...defined({ selection: at }) });
    },
    openDiff: async ({ path }) => {
      if (path === undefined) return services.commands.run('coppice.reviewSession', session);
      await openChange(link, { session, worktree: worktree() }, path);
    },
    show: ({ what }) => show(services, asking, what),
    copy: async ({ text }) => vscode.env.clipboard.writeText(text),
    broke: ({ what }) => services.log.error(`The session panel broke: ${what}`),
  };
}

function worktreeOf(detail: SessionDetail | undefined): string {
  if (detail?.worktree !== null && detail !== undefined) return detail.worktree;
  throw new CoppiceError(
    'wrong-state',
    l10n.t('This session has no worktree yet.'),
    l10n.t('Wait until it has started.'),
  );
}

/** A page that was made anew while its prompt is on its way may send it again: it stays one prompt, asked about once. */
function joined<P, R>(work: (params: P) => Promise<R>): (params: P) => Promise<R> {
  const underway = new Map<string, Promise<R>>();
  return (params) => {
    const key = JSON.stringify(params);
    const begun = underway.get(key) ?? work(params).finally(() => underway.delete(key));
    underway.set(key, begun);
    return begun;
  };
}

type Sent = ParamsOf<SessionPanelApi['send']>;

async function send(
  services: PanelServices,
  session: string,
  { text, attachments, steer }: Sent,
): Promise<ResultOf<SessionPanelApi['send']>> {
  const prompt = promptText(text, attachments);
  if (prompt.trim() === '') throw new CoppiceError('bad-usage', l10n.t('The prompt is empty.'), l10n.t('Write one.'));
  try {
    const position = await givePrompt(services, session, prompt, steer);
    if (position === undefined) return { done: true };
    return { done: true, note: l10n.t('It waits in line at place {0}.', position) };
  } catch (error) {
    if (!(error instanceof vscode.CancellationError)) throw error;
    return { done: false, note: l10n.t('Not sent: it needs your yes. Send it again, and you are asked again.') };
  }
}

async function cancel({ link }: PanelServices, { session, detail }: Asking): Promise<boolean> {
  const end = l10n.t('Stop Session');
  const chosen = await showWarningMessage(
    l10n.t('Stop “{0}”?', oneLine(detail()?.title ?? session, 80)),
    {
      modal: true,
      detail: l10n.t('Its agent is stopped. The worktree and everything in it stay, and the session can be continued.'),
    },
    end,
  );
  if (chosen !== end) return false;
  await insist(link, 'session/cancel', { session, reason: 'stopped in VS Code' }, {});
  return true;
}

/** Asks for the missing values one by one, keeps them in VS Code's own store, and lets the session go on. */
async function supply({ link, context }: PanelServices, { session, detail }: Asking, id: string): Promise<boolean> {
  const names = detail()?.needs.find((need) => need.id === id)?.secrets ?? [];
  const values: Record<string, string> = {};
  for (const name of names) {
    const value = await vscode.window.showInputBox({
      title: name,
      prompt: l10n.t('Kept in the secret storage of VS Code and given to the agent of this session.'),
      password: true,
      ignoreFocusOut: true,
    });
    if (value === undefined || value === '') return false;
    values[name] = value;
  }
  await Promise.all(Object.entries(values).map(async ([name, value]) => context.secrets.store(secretKey(name), value)));
  const from = requester(process.env);
  await giveAnswer(link, session, id, {
    answer: { choice: 'allow' },
    requester: { ...from, secrets: { ...from.secrets, ...values } },
  });
  return true;
}

async function show(
  services: PanelServices,
  { detail }: Asking,
  what: ParamsOf<SessionPanelApi['show']>['what'],
): Promise<void> {
  switch (what) {
    case 'terminal':
      worktreeOf(detail());
      return services.commands.run('coppice.openTerminal', detail()?.id);
    case 'worktree': {
      const folder = vscode.Uri.file(worktreeOf(detail()));
      await vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow: true });
      return;
    }
    case 'log':
      return services.commands.run('coppice.showLog');
    case 'tree':
      await vscode.commands.executeCommand('coppice.sessions.focus');
  }
}
