/** What a person does again and again. */
import type { Window } from './window.ts';

/** Gives the trust that a repository needs before anything runs in it, where the Sessions view asks for it. */
export async function trustRepository(window: Window): Promise<void> {
  await window.open('Coppice');
  await window.button('Trust Repository').first().click();
  await window.dialog.getByRole('button', { name: 'Trust', exact: true }).click();
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

/** Answers what waits in Needs You by its small button. */
export async function answerInNeedsYou(window: Window, row: RegExp, answer: string): Promise<void> {
  await window.open('Coppice');
  await window.view('Needs You').inline(row, answer);
}
