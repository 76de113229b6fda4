/** Boxes at the top of the window as promises: one step each, with Back, and closed when what they ask about is gone. */
import * as vscode from 'vscode';
import { Disposables } from '../lifecycle/disposables.ts';
import { plain } from '../messages/plain.ts';
import { back, type Back } from './back.ts';
import { answerIn } from './choose.ts';

/** A button at the top of a step. */
export interface StepButton<T> {
  readonly icon: string;
  readonly tooltip: string;
  /** What the step gives when it is pressed. */
  readonly gives: T;
}

/** What every step has. */
export interface Step {
  readonly title: string;
  readonly placeholder?: string;
  /** `[2, 3]` is shown as 2/3. */
  readonly place?: readonly [step: number, of: number];
  readonly canGoBack?: boolean;
  /** Closes the step as if it had been cancelled. */
  readonly signal?: AbortSignal;
}

/** A line of a list; one without `gives` is a heading. */
export interface Choice<T> {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly icon?: string;
  readonly picked?: boolean;
  readonly gives: T;
}

/** A heading between choices. */
export interface Heading {
  readonly heading: string;
}

type Line<T> = vscode.QuickPickItem & { readonly gives?: T };

/** Options of a list. */
export interface ListStep<T> extends Step {
  readonly buttons?: readonly StepButton<T>[];
  /** Makes a choice of what was typed, for free text. */
  readonly typed?: (text: string) => Choice<T> | undefined;
  /** The choice that is focused at first. */
  readonly active?: T;
}

function lineOf<T>(choice: Choice<T> | Heading): Line<T> {
  if ('heading' in choice) return { label: choice.heading, kind: vscode.QuickPickItemKind.Separator };
  const { icon, label, ...rest } = choice;
  return { ...rest, label: icon === undefined ? label : `$(${icon}) ${label}` };
}

/** One of the choices. Throws a `CancellationError` when the box is closed without one. */
export async function pickOne<T>(choices: readonly (Choice<T> | Heading)[], step: ListStep<T>): Promise<T | Back> {
  const [picked] = await pick(choices, step, false);
  return picked === back ? back : answerIn(picked);
}

/** Any number of the choices. */
export async function pickMany<T>(choices: readonly Choice<T>[], step: ListStep<T>): Promise<readonly T[] | Back> {
  const picked = await pick(choices, step, true);
  if (picked.includes(back)) return back;
  return picked.filter((each): each is T => each !== back);
}

async function pick<T>(
  choices: readonly (Choice<T> | Heading)[],
  step: ListStep<T>,
  many: boolean,
): Promise<readonly (T | Back)[]> {
  const box = vscode.window.createQuickPick<Line<T>>();
  const owner = new Disposables();
  owner.add(box);
  const lines = choices.map(lineOf);
  const buttons = new Map<vscode.QuickInputButton, T | Back>(
    (step.buttons ?? []).map(({ icon, tooltip, gives }) => [{ iconPath: new vscode.ThemeIcon(icon), tooltip }, gives]),
  );
  frame(box, step, buttons);
  box.canSelectMany = many;
  box.matchOnDescription = true;
  box.matchOnDetail = true;
  box.items = lines;
  if (many) box.selectedItems = lines.filter(({ picked }) => picked === true);
  const active = lines.find(({ gives }) => gives !== undefined && gives === step.active);
  if (active !== undefined) box.activeItems = [active];
  const { typed } = step;
  if (typed !== undefined) {
    owner.add(
      box.onDidChangeValue((text) => {
        const extra = text.trim() === '' ? undefined : typed(text.trim());
        const selected = box.selectedItems;
        box.items = extra === undefined ? lines : [...lines, { ...lineOf(extra), alwaysShow: true }];
        if (many) box.selectedItems = selected;
      }),
    );
  }
  return answered<readonly (T | Back)[]>(box, owner, step.signal, (resolve) => {
    owner.add(
      box.onDidTriggerButton((button) => {
        const gives = buttons.get(button);
        if (gives !== undefined) resolve([gives]);
      }),
    );
    owner.add(
      box.onDidAccept(() => {
        const chosen = many ? box.selectedItems : box.activeItems;
        resolve(chosen.flatMap(({ gives }) => (gives === undefined ? [] : [gives])));
      }),
    );
  });
}

/** Options of a line of text. */
export interface TextStep extends Step {
  readonly prompt?: string;
  readonly value?: string;
  /** What is wrong with that text, shown until it is changed. */
  readonly wrong?: string | undefined;
  readonly secret?: boolean;
  readonly buttons?: readonly StepButton<string>[];
  /** What is wrong with the text, if anything. */
  readonly check?: (text: string) => string | undefined;
}

/** What pressing one of the buttons gives. */
export interface Pressed {
  readonly pressed: string;
  /** What had been typed. */
  readonly text: string;
}

/** A line of text. Throws a `CancellationError` when the box is closed. */
export async function askText(step: TextStep): Promise<string | Back | Pressed> {
  const box = vscode.window.createInputBox();
  const owner = new Disposables();
  owner.add(box);
  const buttons = new Map<vscode.QuickInputButton, string | Back>(
    (step.buttons ?? []).map(({ icon, tooltip, gives }) => [{ iconPath: new vscode.ThemeIcon(icon), tooltip }, gives]),
  );
  frame(box, step, buttons);
  box.value = step.value ?? '';
  box.password = step.secret ?? false;
  if (step.prompt !== undefined) box.prompt = plain(step.prompt);
  if (step.wrong !== undefined) box.validationMessage = plain(step.wrong);
  owner.add(box.onDidChangeValue(() => (box.validationMessage = undefined)));
  return answered<string | Back | Pressed>(box, owner, step.signal, (resolve) => {
    owner.add(
      box.onDidTriggerButton((button) => {
        const gives = buttons.get(button);
        if (gives !== undefined) resolve(gives === back ? back : { pressed: gives, text: box.value });
      }),
    );
    owner.add(
      box.onDidAccept(() => {
        const wrong = step.check?.(box.value);
        if (wrong === undefined) resolve(box.value);
        else box.validationMessage = plain(wrong);
      }),
    );
  });
}

function frame<T>(box: vscode.QuickInput, step: Step, buttons: Map<vscode.QuickInputButton, T | Back>): void {
  box.title = step.title;
  box.ignoreFocusOut = true;
  if ('placeholder' in box) box.placeholder = step.placeholder;
  if (step.place !== undefined) [box.step, box.totalSteps] = step.place;
  if (!('buttons' in box)) return;
  const own = [...buttons.keys()];
  if (step.canGoBack === true) buttons.set(vscode.QuickInputButtons.Back, back);
  box.buttons = step.canGoBack === true ? [vscode.QuickInputButtons.Back, ...own] : own;
}

/** Shows the box until it is answered, closed, or no longer wanted. */
async function answered<R>(
  box: vscode.QuickInput,
  owner: Disposables,
  signal: AbortSignal | undefined,
  begin: (resolve: (value: R) => void) => void,
): Promise<R> {
  try {
    return await new Promise<R>((resolve, reject) => {
      const cancel = (): void => reject(new vscode.CancellationError());
      begin(resolve);
      owner.add(box.onDidHide(cancel));
      if (signal?.aborted === true) cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      owner.add({ dispose: () => signal?.removeEventListener('abort', cancel) });
      box.show();
    });
  } finally {
    owner.dispose();
  }
}
