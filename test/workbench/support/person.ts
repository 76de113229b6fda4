/** What a person does again and again. */
import type { Locator } from 'playwright-core';
import type { Machine } from '../../integration/cli/machine.ts';
import { soon, until } from './waiting.ts';
import type { Window } from './window.ts';

/** Gives the trust that a repository needs before anything runs in it, where the Sessions view asks for it. */
export async function trustRepository(window: Window): Promise<void> {
  await window.open('Coppice');
  const yes = window.dialog.getByRole('button', { name: 'Trust', exact: true });
  const ask = async (): Promise<void> => window.button('Trust Repository').first().click({ timeout: 5000 });
  await until(ask, yes, 'the question about trust');
  await yes.click();
  await window
    .view('Sessions')
    .welcome.getByText(/run (the )?demo/i)
    .first()
    .waitFor();
}

/** Runs the demo until it asks for permission. */
export async function runDemo(window: Window): Promise<void> {
  await window.run('Coppice: Run Demo');
  await window
    .view('Needs You')
    .row(/DEMO\.md/)
    .first()
    .waitFor();
}

/** The row of a list at the top of the window that has exactly this label. */
export function choice({ quickInput, page }: Window, label: string): Locator {
  const exactly = page.locator('.label-name', { hasText: new RegExp(`^\\s*${label}\\s*$`, 'u') });
  return quickInput.items.filter({ has: exactly }).first();
}

/** Goes through New Session with the demo agent until its last step, and gives the row that starts it. */
export async function prepareSession(window: Window, prompt: string): Promise<Locator> {
  const { quickInput } = window;
  const [demo, start] = [choice(window, 'demo'), choice(window, 'Start')];
  const ask = async (): Promise<void> => {
    await window.run('Coppice: New Session…');
    await quickInput.submit(prompt);
  };
  await until(ask, demo, 'the agents that are there');
  await until(async () => demo.click({ timeout: 5000 }), start, 'the last step');
  return start;
}

/** Starts a session of the demo agent with New Session, until `started`. */
export async function startSession(window: Window, prompt: string, started: () => Promise<boolean>): Promise<void> {
  const start = await prepareSession(window, prompt);
  await until(async () => start.click({ timeout: 5000 }), started, 'a session');
}

/** Answers what waits in Needs You by its small button. */
export async function answerInNeedsYou(window: Window, row: RegExp, answer: string): Promise<void> {
  await window.open('Coppice');
  const view = window.view('Needs You');
  const gone = async (): Promise<boolean> => (await view.row(row).count()) === 0;
  await until(async () => view.inline(row, answer), gone, `an answer to ${String(row)}`);
}

/** Asks for the choices of what waits longest, by keys alone, until one of them is there. */
export async function askForChoices(window: Window, one: string): Promise<void> {
  const there = async (): Promise<boolean> => (await window.quickInput.labels()).includes(one);
  await until(async () => window.press('Control+Alt+K', 'a'), there, `the choice ${one}`);
}

/** The status of the first session of a machine; undefined before there is one. */
export async function statusOf(machine: Machine): Promise<string | undefined> {
  return (await machine.sessions())[0]?.status;
}

/** Stops the session that is looked at, by the palette, and says yes to what is asked before. */
export async function stop(window: Window, status: () => Promise<string | undefined>): Promise<void> {
  await window.runByKeyboard('Coppice: Stop Session');
  await soon(async () => {
    if ((await status()) === 'cancelled') return true;
    const asks = (await window.quickInput.widget.isVisible()) || (await window.dialog.isVisible());
    if (asks) await window.press('Enter');
    return false;
  }, 'a session that was cancelled');
}
