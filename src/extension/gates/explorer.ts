import { setTimeout as delay } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { toErrorRecord } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { SupervisionView } from '../../protocol/supervision-views.ts';
import type { App } from '../app.ts';
import { requireTrustedWindow } from '../commands/door.ts';
import { errorText } from '../commands/tell-error.ts';
import type { Contribution } from '../contribution.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { answersIn, gatedSessions, isNews, saidBy, type Gated } from './gated.ts';

const drawMs = 200;
/** Between two looks whether the gates are done; each gate has a time limit. */
const lookMs = 300;

type Parts = Pick<App, 'sessions' | 'link' | 'log'>;

/** The gates of sessions in the Test Explorer: what they said, and “Run” to have them look again. */
export const gateTests: Contribution = {
  name: 'Gates in the Test Explorer',
  register: (app) => new GateTests(app),
};

/** There is a controller only while a session has gates: it would bring the Testing view to everybody. */
class GateTests implements Disposable {
  readonly #app: Parts;
  readonly #owner = new Disposables();
  /** Per session, what was told of its gates. */
  readonly #told = new Map<string, string>();
  /** Sessions whose gates were asked here: a run tells what they say. */
  readonly #asking = new Set<string>();
  readonly #soon: Coalesced;
  #controller: vscode.TestController | undefined;

  constructor(app: Parts) {
    this.#app = app;
    this.#soon = this.#owner.add(new Coalesced(() => this.#draw(), drawMs));
    this.#owner.add(app.sessions.onChange(() => this.#soon.ask()));
    this.#soon.ask();
  }

  dispose(): void {
    this.#owner.dispose();
    this.#controller?.dispose();
  }

  #draw(): void {
    const gated = gatedSessions(this.#app.sessions.entries.values());
    if (gated.length === 0) {
      this.#controller?.dispose();
      this.#controller = undefined;
      this.#told.clear();
      return;
    }
    const controller = (this.#controller ??= this.#open());
    const ids = new Set(gated.map(({ session }) => session));
    controller.items.forEach(({ id }) => {
      if (!ids.has(id)) controller.items.delete(id);
    });
    for (const each of gated) {
      const item = itemOf(controller, each);
      if (!isNews(each, this.#told, this.#asking)) continue;
      this.#told.set(each.session, each.said);
      if (each.said === '') controller.invalidateTestResults(item);
      else
        this.#tell(controller, item).catch((error: unknown) => this.#app.log.debug('Gates could not be read.', error));
    }
  }

  #open(): vscode.TestController {
    const controller = vscode.tests.createTestController('coppice.gates', l10n.t('Gates of Sessions'));
    const run = async (request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> =>
      this.#run(controller, request, token);
    controller.createRunProfile(l10n.t('Ask the Gates'), vscode.TestRunProfileKind.Run, run, true);
    return controller;
  }

  /** What gates said without anybody having run them here: the explorer shows it, and no view comes forward for it. */
  async #tell(controller: vscode.TestController, item: vscode.TestItem): Promise<void> {
    const view = await this.#app.link.request('supervision/show', { session: item.id });
    if (this.#controller !== controller) return;
    const request = new vscode.TestRunRequest([item], undefined, undefined, false, true);
    const run = controller.createTestRun(request, item.label, false);
    report(run, item, view);
    run.end();
  }

  async #run(
    controller: vscode.TestController,
    { include, exclude = [] }: vscode.TestRunRequest,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const asked = include ?? [...controller.items].map(([, item]) => item);
    const items = new Set(asked.filter((each) => !exclude.includes(each)).map((each) => each.parent ?? each));
    const run = controller.createTestRun(new vscode.TestRunRequest([...items]));
    try {
      await Promise.all([...items].map(async (item) => this.#verify(run, item, token)));
    } finally {
      run.end();
    }
  }

  async #verify(run: vscode.TestRun, item: vscode.TestItem, token: vscode.CancellationToken): Promise<void> {
    const { link } = this.#app;
    item.children.forEach((gate) => run.started(gate));
    this.#asking.add(item.id);
    try {
      requireTrustedWindow();
      await link.request('supervision/verify', { session: item.id });
      for (;;) {
        const view = await link.request('supervision/show', { session: item.id });
        if (!view.verifying) {
          report(run, item, view);
          this.#told.set(item.id, saidBy(view));
          return;
        }
        if (token.isCancellationRequested) break;
        await delay(lookMs);
      }
      await link.request('supervision/stop-verifying', { session: item.id });
      run.appendOutput(`${l10n.t('The gates of “{0}” were stopped.', item.label)}\r\n`);
      item.children.forEach((gate) => run.skipped(gate));
    } catch (error) {
      const message = new vscode.TestMessage(errorText(toErrorRecord(error)));
      item.children.forEach((gate) => run.errored(gate, message));
    } finally {
      this.#asking.delete(item.id);
      this.#soon.ask();
    }
  }
}

/** The item of a session; it stays the same one for as long as the session is listed. */
function itemOf(controller: vscode.TestController, { session, label, gates }: Gated): vscode.TestItem {
  const item = controller.items.get(session) ?? controller.createTestItem(session, label);
  item.label = label;
  controller.items.add(item);
  for (const [id] of item.children) if (!gates.some((gate) => gate.id === id)) item.children.delete(id);
  for (const gate of gates) {
    if (item.children.get(gate.id) === undefined) item.children.add(controller.createTestItem(gate.id, gate.label));
  }
  return item;
}

/** Says of each gate what it said; one that was not asked, because an earlier one has refused, is skipped. */
function report(run: vscode.TestRun, item: vscode.TestItem, view: SupervisionView): void {
  const answers = answersIn(view);
  for (const [id, gate] of item.children) {
    const answer = answers.get(id);
    if (answer === undefined) {
      run.skipped(gate);
      continue;
    }
    const { passed, code, ms, tail = '' } = answer;
    const printed = printable(tail).trim();
    // A terminal shows it, which starts a line at its beginning only when it is told to.
    run.appendOutput(`$ ${gate.label}\r\n${printed.replaceAll('\n', '\r\n')}\r\n`, undefined, gate);
    if (passed) run.passed(gate, ms);
    else {
      const ended = code === null ? l10n.t('It could not be run to its end.') : l10n.t('It ended with code {0}.', code);
      run.failed(gate, new vscode.TestMessage(printed === '' ? ended : `${ended}\n\n${printed}`), ms);
    }
  }
}
