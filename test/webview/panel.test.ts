import assert from 'node:assert/strict';
import { CoppiceError } from '../../src/core/errors.ts';
import type { AgentEvent } from '../../src/core/agent/events.ts';
import { atRest, becomes } from './support/becomes.ts';
import { FakeExtension, session, working } from './support/fake-extension.ts';
import { PanelBrowser, type PanelPage, type SessionOpening } from './support/panel-page.ts';
import * as scenes from './support/scenes.ts';

describe('the session panel', () => {
  let browser: PanelBrowser;
  let open: PanelPage[] = [];
  before(async () => (browser = await PanelBrowser.start()));
  after(() => browser.close());
  afterEach(async () => {
    const problems = open.flatMap((each) => each.problems);
    await Promise.all(open.map((each) => each.close()));
    open = [];
    assert.deepEqual(problems, []);
  });

  async function panel(opening: SessionOpening = {}): Promise<PanelPage> {
    const opened = await browser.open(opening);
    open.push(opened);
    return opened;
  }

  async function running(opening: SessionOpening = {}): Promise<PanelPage> {
    const opened = await panel({ extension: new FakeExtension(working()), ...opening });
    await opened.extension.say(scenes.conversation());
    await opened.page.getByText('make the number of attempts configurable').waitFor();
    return opened;
  }

  describe('shows', () => {
    it('a session with its status and what that rests on', async () => {
      const { page } = await panel();
      await page.getByRole('heading', { name: 'Add a retry with back-off' }).waitFor();
      const header = page.locator('header');
      for (const text of [
        'Reported done',
        'nothing has checked that yet',
        'local',
        'feature/retry-with-back-off',
        '$0.42',
        'context 24%',
      ])
        assert.match(await header.innerText(), new RegExp(text.replace('$', '\\$')));
    });

    it('a session that it is told of before its question for it is answered', async () => {
      const extension = new FakeExtension();
      extension.silent.add('ready');
      const { page } = await panel({ extension });
      await page.getByText('Loading…').waitFor();
      await extension.become(session());
      await page.getByRole('heading', { name: 'Add a retry with back-off' }).waitFor();
    });

    it('its texts in the language of VS Code', async () => {
      const texts = { Facts: 'Angaben', 'Reported done': 'Fertig gemeldet', 'context {0}%': 'Kontext zu {0} % voll' };
      const { page } = await panel({ texts });
      const facts = page.getByRole('list', { name: 'Angaben' });
      assert.match(await facts.innerText(), /Kontext zu 24 % voll/);
      await page.locator('header').getByText('Fertig gemeldet').waitFor();
    });

    it('Markdown as elements, tables and code included', async () => {
      const { page } = await running();
      await page.locator('.viewport').evaluate((list) => (list.scrollTop = list.scrollHeight / 2));
      await page.getByRole('table').waitFor();
      assert.equal(await page.locator('.markdown ol > li').count(), 3);
      assert.equal(await page.locator('.markdown strong').first().innerText(), 'retry with exponential back-off');
      assert.match(await page.locator('.markdown pre code').innerText(), /isRetryable\(error\)/);
    });

    it('tool calls folded, with command, change and result when opened', async () => {
      const { page } = await running();
      await page.locator('.viewport').evaluate((list) => (list.scrollTop = 0));
      const edit = page.locator('[data-fold]', { hasText: 'Edit' });
      assert.equal(await edit.getAttribute('aria-expanded'), 'false');
      await edit.click();
      await page.getByRole('region', { name: 'Change' }).getByText('withRetry').waitFor();
      const denied = page.locator('[data-fold]', { hasText: 'git push' });
      assert.match(await denied.innerText(), /denied/);
    });

    it('tries of a service as one line that counts', async () => {
      const { page } = await running();
      await page.locator('.viewport').evaluate((list) => (list.scrollTop = 0));
      await page.getByText('try 2 of 10').waitFor();
      assert.equal(await page.getByText('did not answer').count(), 1);
    });

    it('what waits, an engine that is away, and a session that is gone', async () => {
      const { page, extension } = await running();
      await extension.wire.notify('prompts', {
        prompts: [{ n: 3, text: 'And then update the changelog' }],
        turns: [],
      });
      await page.getByText('And then update the changelog').waitFor();
      await extension.wire.notify('standing', {
        state: 'away',
        message: 'The engine is away.',
        next: 'It comes back.',
      });
      await page.locator('.banner').getByText('The engine is away.').waitFor();
      await page.getByRole('textbox', { name: 'Prompt' }).fill('x');
      assert.equal(await page.getByRole('button', { name: 'Send' }).isDisabled(), true);
      const gone = Object.assign(new FakeExtension(), {
        session: undefined,
        standing: { state: 'gone' as const, message: 'This session is not known.', next: 'It was removed.' },
      });
      const second = await panel({ extension: gone });
      await second.page.getByRole('heading', { name: 'This session is not known.' }).waitFor();
    });

    it('why nothing comes of the conversation, and reads it again', async () => {
      const { page, extension } = await panel({ extension: new FakeExtension(working()) });
      await page.setViewportSize({ width: 400, height: 800 });
      await page.getByText('Loading the conversation…').waitFor();
      const problem = {
        message: 'What session a1b2c3d4 has printed cannot be read: EACCES: permission denied.',
        next: 'Its work is not ended by that; see to the file, then follow it again.',
      };
      await extension.wire.notify('unread', { problem });
      const told = page.getByRole('status').filter({ hasText: problem.message });
      await told.getByText(problem.next).waitFor();
      assert.equal(await page.getByText('Loading the conversation…').count(), 0);
      await told.getByRole('button', { name: 'Read again' }).click();
      await extension.heard('readAgain', {});
      await page.getByText('Loading the conversation…').waitFor();
      await extension.wire.notify('unread', { problem });
      await told.waitFor();
      await extension.wire.notify('unread', {});
      await told.waitFor({ state: 'detached' });
    });

    it('the files that changed, and the diff of the one that is clicked', async () => {
      const { page, extension } = await running();
      await extension.wire.notify('files', scenes.files);
      await page.getByRole('button', { name: '3 files changed' }).click();
      await page.getByRole('button', { name: 'options.ts src/upload' }).click();
      await page.getByRole('button', { name: 'Review all' }).click();
      await becomes(
        () => extension.asked.filter(([name]) => name === 'openDiff').map(([, params]) => params),
        [{ path: 'src/upload/options.ts' }, {}],
      );
    });
  });

  describe('takes', () => {
    it('what is written while a prompt is on its way as what comes after it', async () => {
      const { page, extension } = await panel();
      const box = page.getByRole('textbox', { name: 'Prompt' });
      let answer: () => void = () => undefined;
      extension.held.set('send', new Promise<void>((resolve) => (answer = resolve)));
      await box.fill('Write the docs');
      await box.press('Enter');
      await extension.heard('send', { text: 'Write the docs', attachments: [], steer: false });
      await box.press('End');
      await box.pressSequentially(' And the tests');
      answer();
      await page.waitForFunction(() => document.querySelector('textarea')?.value === ' And the tests');
    });

    it('a prompt by Enter, keeps it when it was refused, and brings it back with the arrows', async () => {
      const { page, extension } = await panel();
      const box = page.getByRole('textbox', { name: 'Prompt' });
      extension.refuse.set('send', new CoppiceError('queue-full', 'The queue is full.', 'Wait a little.'));
      await box.fill('Next, write the docs');
      await box.press('Enter');
      await page.getByRole('alert').getByText('The queue is full.').waitFor();
      assert.equal(await box.inputValue(), 'Next, write the docs');
      extension.refuse.clear();
      await box.press('Enter');
      await page.waitForFunction(() => document.querySelector('textarea')?.value === '');
      await extension.heard('send', { text: 'Next, write the docs', attachments: [], steer: false });
      await extension.wire.notify('prompts', {
        prompts: [
          { n: 1, text: 'First' },
          { n: 2, text: 'Second' },
        ],
        turns: [],
      });
      await extension.say([]);
      await page.getByText('Second').waitFor();
      await box.press('ArrowUp');
      assert.equal(await box.inputValue(), 'Second');
      await box.press('ArrowUp');
      assert.equal(await box.inputValue(), 'First');
      await box.press('ArrowDown');
      await box.press('ArrowDown');
      assert.equal(await box.inputValue(), '');
    });

    it('a prompt that a person is asked about first, for as long as they think, and keeps it where they leave the question', async () => {
      const { page, extension } = await panel();
      await page.setViewportSize({ width: 400, height: 800 });
      const box = page.getByRole('textbox', { name: 'Prompt' });
      let leave: () => void = () => undefined;
      extension.held.set('send', new Promise<void>((resolve) => (leave = resolve)));
      extension.sent = { done: false, note: 'Not sent: it needs your yes.' };
      await page.clock.install();
      await box.fill('Write the docs');
      await box.press('Enter');
      await extension.heard('send', { text: 'Write the docs', attachments: [], steer: false });
      await page.clock.fastForward(20 * 60_000);
      assert.equal(await page.getByRole('alert').count(), 0);
      await box.press('Enter');
      leave();
      await page.locator('#prompt-hint').getByText('Not sent: it needs your yes.').waitFor();
      assert.equal(await page.getByRole('alert').count(), 0);
      assert.equal(await box.inputValue(), 'Write the docs');
      assert.equal(extension.asked.filter(([name]) => name === 'send').length, 1);
      extension.sent = { done: true };
      await box.press('Enter');
      await page.waitForFunction(() => document.querySelector('textarea')?.value === '');
      await page.locator('#prompt-hint').getByText('Enter sends').waitFor({ state: 'attached' });
    });

    it('a prompt that cuts in by Ctrl+Enter, and a stop', async () => {
      const { page, extension } = await running();
      const box = page.getByRole('textbox', { name: 'Prompt' });
      await box.fill('Stop that, do this');
      await box.press('Control+Enter');
      await page.waitForFunction(() => document.querySelector('textarea')?.value === '');
      await extension.heard('send', { text: 'Stop that, do this', attachments: [], steer: true });
      await page.getByRole('button', { name: 'Stop this turn' }).click();
      await extension.heard('stop', {});
    });

    it('attachments, and sends them as paths', async () => {
      const { page, extension } = await panel();
      extension.attachments = [{ path: 'src/a.ts', lines: { from: 3, to: 9 } }];
      await page.getByRole('button', { name: 'Attach the selection' }).click();
      await page.getByText('a.ts:3–9').waitFor();
      await page.getByRole('textbox', { name: 'Prompt' }).fill('Look at this');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.querySelector('textarea')?.value === '');
      await extension.heard('send', {
        text: 'Look at this',
        attachments: extension.attachments,
        steer: false,
      });
    });

    it('what is dangerous, beside the operation that a person is to allow', async () => {
      const { page, extension } = await running();
      const finding = { danger: 'remote-code', severity: 'critical', sentence: 'It runs what it loads.' } as const;
      await extension.wire.notify('needs', [{ ...scenes.permission, findings: [finding] }]);
      await page.getByRole('listitem').getByText('It runs what it loads.').waitFor();
      await page.getByRole('button', { name: 'Allow' }).waitFor();
    });

    it('a permission, a denial with its reason, and an edited input', async () => {
      const { page, extension } = await running();
      await extension.wire.notify('needs', [scenes.permission]);
      await page.getByRole('button', { name: 'Allow' }).click();
      await extension.heard('answer', { breakpoint: 'ask-1', answer: { choice: 'allow' } });
      await extension.wire.notify('needs', [{ ...scenes.permission, id: 'ask-1b' }]);
      await page.getByRole('button', { name: 'Deny…' }).click();
      await page.getByRole('textbox', { name: /Why not/ }).fill('Use the standard library');
      await page.keyboard.press('Enter');
      await extension.heard('answer', {
        breakpoint: 'ask-1b',
        answer: { choice: 'deny', reason: 'Use the standard library' },
      });
      await extension.wire.notify('needs', [{ ...scenes.permission, id: 'ask-1c' }]);
      await page.getByRole('button', { name: 'Edit first…' }).click();
      await page.getByRole('textbox', { name: 'command' }).fill('npm install p-retry@6');
      await page.getByRole('button', { name: 'Allow with changes' }).click();
      await extension.heard('answer', {
        breakpoint: 'ask-1c',
        answer: { choice: 'allow', input: { command: 'npm install p-retry@6', description: 'Add the retry library' } },
      });
    });

    it('answers to questions: one option, several, own words', async () => {
      const { page, extension } = await running();
      await extension.wire.notify('needs', [scenes.question]);
      await page.getByRole('radio', { name: /Exponential/ }).check();
      await page.getByRole('button', { name: 'Answer', exact: true }).click();
      await extension.heard('answer', {
        breakpoint: 'ask-2',
        answer: { choice: 'answer', answers: { 'Which back-off should be used?': 'Exponential' } },
      });
      await extension.wire.notify('needs', [scenes.severalQuestions]);
      await page.getByRole('checkbox', { name: '429' }).check();
      await page.getByRole('checkbox', { name: '504' }).check();
      assert.equal(await page.getByRole('button', { name: 'Answer', exact: true }).isDisabled(), true);
      await page.getByRole('textbox', { name: 'Your own answer' }).last().fill('five times');
      await page.getByRole('button', { name: 'Answer', exact: true }).click();
      await extension.heard('answer', {
        breakpoint: 'ask-3',
        answer: {
          choice: 'answer',
          answers: { 'Which statuses are retried?': '429, 504', 'How often?': 'five times' },
        },
      });
    });

    it('a plan, and secrets without ever seeing one', async () => {
      const { page, extension } = await running();
      await extension.wire.notify('needs', [scenes.plan]);
      await page.locator('.decision').getByText('fake clock').waitFor();
      await page.getByRole('button', { name: 'Approve plan' }).click();
      await extension.heard('answer', { breakpoint: 'ask-4', answer: { choice: 'allow' } });
      await extension.wire.notify('needs', [scenes.credential]);
      await page.getByText('ANTHROPIC_API_KEY', { exact: true }).waitFor();
      assert.equal(await page.locator('.decision input, .decision textarea').count(), 0);
      await page.getByRole('button', { name: 'Enter values…' }).click();
      await extension.heard('supply', { breakpoint: 'ask-5' });
    });
  });

  describe('keeps', () => {
    it('the end in sight, unless the reader is elsewhere', async () => {
      const { page, extension } = await running();
      const list = page.locator('.viewport');
      const end = (): Promise<number> =>
        list.evaluate((each) => each.scrollHeight - each.clientHeight - each.scrollTop);
      const atEnd = async (): Promise<boolean> => (await end()) < 2;
      await becomes(atEnd, true);
      await extension.say(words(40));
      await page.getByText('word 39').waitFor();
      await becomes(atEnd, true);
      await list.evaluate((each) => (each.scrollTop = 200));
      await atRest(page);
      const seen = await topRow(page);
      await extension.say(words(200));
      await extension.drawn();
      await atRest(page);
      assert.deepEqual(await topRow(page), seen);
      await page.getByRole('button', { name: 'To the end' }).click();
      await page.getByText('word 199').waitFor();
      await becomes(atEnd, true);
    });

    it('the reader where they are when a row above changes its height', async () => {
      const { page, extension } = await running();
      await extension.say(words(100));
      await page.getByText('word 99').waitFor();
      await page.locator('.viewport').evaluate((each) => (each.scrollTop = 300));
      await atRest(page);
      const seen = await topRow(page);
      await page.setViewportSize({ width: 500, height: 900 });
      await page.waitForFunction(() => innerWidth === 500);
      await atRest(page);
      assert.equal((await topRow(page)).index, seen.index);
    });

    it('draft, place and folds over a reload', async () => {
      const first = await running();
      await first.extension.say(words(300));
      await first.extension.drawn();
      await atRest(first.page);
      await first.page.getByRole('textbox', { name: 'Prompt' }).fill('half a thought');
      await first.page.locator('.viewport').evaluate((each) => (each.scrollTop = 2000));
      await atRest(first.page);
      const seen = await topRow(first.page);
      const kept = async (): Promise<string> => JSON.stringify(await first.state());
      await becomes(kept, /half a thought.*"end":false|"end":false.*half a thought/);
      const state = await first.state();
      const second = await panel({ extension: new FakeExtension(working()), state });
      await second.extension.say([...scenes.conversation(), ...words(300)]);
      await second.extension.drawn();
      await atRest(second.page);
      assert.equal(await second.page.getByRole('textbox', { name: 'Prompt' }).inputValue(), 'half a thought');
      const again = await topRow(second.page);
      assert.ok(Math.abs(again.index - seen.index) <= 1, `row ${again.index} instead of ${seen.index}`);
    });

    it('nothing of a state that another version wrote', async () => {
      const state = { session: 7, draft: {}, place: 'end', folds: [1, ['a']], attachments: [{}, { path: 'b' }] };
      const { page } = await panel({ state });
      await page.getByText('b', { exact: true }).waitFor();
      assert.equal(await page.getByRole('textbox', { name: 'Prompt' }).inputValue(), '');
    });
  });

  it('says so when the extension does not answer', async () => {
    const extension = new FakeExtension(session());
    extension.silent.add('stop');
    const { page } = await panel({ extension });
    await page.clock.install();
    extension.session = working();
    await extension.become(working());
    await page.getByRole('button', { name: 'Stop this turn' }).click();
    await page.clock.fastForward(31_000);
    await page.getByRole('alert').getByText('The extension did not answer.').waitFor();
  });
});

/** Short messages, one row each. */
function words(count: number): AgentEvent[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'message', text: `word ${index}` }));
}

/** The row at the top of what is seen, and where its top is. */
async function topRow(page: PanelPage['page']): Promise<{ index: number; top: number }> {
  return page.locator('.viewport').evaluate((list) => {
    const from = list.getBoundingClientRect().top;
    const rows = [...list.querySelectorAll<HTMLElement>('[data-index]')];
    const row = rows.find((each) => each.getBoundingClientRect().bottom > from);
    return { index: Number(row?.dataset['index']), top: Math.round((row?.getBoundingClientRect().top ?? 0) - from) };
  });
}
