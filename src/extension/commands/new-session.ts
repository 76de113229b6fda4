import { isAbsolute, relative } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CoppiceError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { filesText, selectionText } from '../new-session/context-text.ts';
import { emptyDraft, type Draft, type Remembered } from '../new-session/draft.ts';
import { startSession } from '../new-session/start.ts';
import { completeDraft } from '../new-session/wizard.ts';
import type { Command } from './command.ts';

const memoryKey = 'newSession';

/** Coppice: New Session… */
export const newSession: Command = (app) => async (given) => {
  const root = typeof given === 'object' && given !== null && 'root' in given ? given.root : undefined;
  await begin(app, typeof root === 'string' ? { repository: root } : {});
};

/** Coppice: New Session with Selection… What is selected goes along with the prompt. */
export const newSessionWithSelection: Command = (app) => async () => {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || editor.selection.isEmpty) {
    await begin(app, {});
    return;
  }
  const { document, selection } = editor;
  await app.places.refresh();
  const repository = repositoryOf(app, document.uri);
  const context = selectionText({
    path: pathIn(repository, document.uri),
    from: selection.start.line + 1,
    to: selection.end.line + 1,
    text: document.getText(selection),
    language: document.languageId,
  });
  await begin(app, { repository, context });
};

/** Coppice: New Session with Files… The paths of the files go along with the prompt. */
export const newSessionWithFiles: Command = (app) => async (given, all) => {
  const chosen = Array.isArray(all) ? all.filter(isUri) : [];
  const active = vscode.window.activeTextEditor?.document.uri;
  const uris = chosen.length > 0 ? chosen : isUri(given) ? [given] : active === undefined ? [] : [active];
  await app.places.refresh();
  const [first] = uris;
  const repository = first === undefined ? undefined : repositoryOf(app, first);
  await begin(app, { repository, context: filesText(uris.map((uri) => pathIn(repository, uri))) });
};

/** Coppice: New Session from Editor Text… The text of the editor is the prompt. */
export const newSessionFromEditor: Command = (app) => async () => {
  const text = vscode.window.activeTextEditor?.document.getText() ?? '';
  if (text.trim() === '') {
    throw new CoppiceError(
      'bad-usage',
      l10n.t('There is no text in the active editor.'),
      l10n.t('Write the prompt there first.'),
    );
  }
  await begin(app, { prompt: text });
};

/** Coppice: Run the Demo. An agent of ours that needs no account: it asks, writes a file, and is done. */
export const runDemo: Command = (app) => async () => {
  await vscode.commands.executeCommand('coppice.sessions.focus');
  const repository = await app.places.choose(l10n.t('Run the Demo'));
  await startSession(app, {
    ...emptyDraft(),
    repository,
    agent: 'demo',
    prompt: `${l10n.t('Write a line into the notes, and ask before you do')}\n\n#slow:2 #ask:DEMO.md`,
  });
};

async function begin(app: App, known: Partial<Draft>): Promise<void> {
  if (app.places.list.length === 0) await app.places.refresh();
  if (app.places.list.length === 0) await app.places.choose(''); // says what is missing
  const memory = app.context.workspaceState;
  const begun = { ...emptyDraft(memory.get<Partial<Remembered>>(memoryKey)), ...known };
  const isTyped = known.prompt === undefined;
  const draft = await completeDraft(app, begun, !isTyped);
  if ('editor' in draft) {
    await writeInEditor(draft.editor);
    return;
  }
  const { agent, mode } = draft;
  const remember = (prompt: string): Thenable<void> =>
    memory.update(memoryKey, { agent, mode, prompt } satisfies Remembered);
  // For the next time, should this one be refused. What came from an editor is still there, with its lines.
  await remember(isTyped ? draft.prompt : '');
  const id = await startSession(app, draft);
  app.keys.set('coppice.sessionStarted', true);
  await remember('');
  await app.commands.run('coppice.openSession', id);
}

async function writeInEditor(text: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: text });
  await vscode.window.showTextDocument(document);
  vscode.window.setStatusBarMessage(
    l10n.t('Write the prompt, then run “Coppice: New Session from Editor Text”.'),
    15_000,
  );
}

function repositoryOf({ places }: App, { fsPath }: vscode.Uri): string | undefined {
  return places.list.find(({ folder, root }) => isBelow(folder, fsPath) || isBelow(root, fsPath))?.root;
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith('..') && !isAbsolute(way);
}

function pathIn(repository: string | undefined, { fsPath }: vscode.Uri): string {
  return repository !== undefined && isBelow(repository, fsPath) ? relative(repository, fsPath) : fsPath;
}

function isUri(given: unknown): given is vscode.Uri {
  return given instanceof vscode.Uri;
}
