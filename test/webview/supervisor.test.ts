import assert from 'node:assert/strict';
import { CoppiceError } from '../../src/core/errors.ts';
import { wirePanel, type PanelWire } from '../../src/extension/panel/dispatch.ts';
import type { ReportView, SupervisionView } from '../../src/protocol/supervision-views.ts';
import { SupervisorPanelApi } from '../../src/protocol/webview/supervisor-panel.ts';
import { supervisorPanelSchemas } from '../../src/protocol/webview/supervisor-panel-schemas.ts';
import { becomes } from './support/becomes.ts';
import { failed, report, supervision, turns } from './support/judged.ts';
import { PanelBrowser, themes, type Opening, type ShownPage } from './support/panel-page.ts';
import { violations } from './support/violations.ts';

interface Shown extends ShownPage {
  readonly asked: readonly (readonly [string, unknown])[];
  readonly wire: PanelWire<SupervisorPanelApi>;
}

describe('the supervisor panel', () => {
  let browser: PanelBrowser;
  let open: ShownPage[] = [];
  before(async () => (browser = await PanelBrowser.start()));
  after(() => browser.close());
  afterEach(async () => {
    const problems = open.flatMap((each) => each.problems);
    await Promise.all(open.map((each) => each.close()));
    open = [];
    assert.deepEqual(problems, []);
  });

  async function panel(
    opening: Opening = {},
    view: SupervisionView = supervision(),
    record: ReportView = report(400),
  ): Promise<Shown> {
    const asked: [string, unknown][] = [];
    const wires: PanelWire<SupervisorPanelApi>[] = [];
    const session = { id: 'a1b2c3d4', title: 'Add a retry with back-off to the upload client', goal: 'Add a retry.' };
    const shown = await browser.show('supervisor', opening, (port) => {
      const wire = wirePanel(
        SupervisorPanelApi,
        supervisorPanelSchemas,
        {
          ready: async () => ({ session, standing: { state: 'live' as const }, supervision: view }),
          report: async () => record,
          read: async (wanted) => {
            asked.push(['read', wanted]);
            if (wanted.what === 'review')
              throw new CoppiceError('not-found', 'It is gone.', 'Look at the data directory.');
            return { text: `the ${wanted.what} of turn ${wanted.turn}`, cut: false };
          },
          comment: async (word) => {
            asked.push(['comment', word]);
            return {};
          },
          show: (what) => void asked.push(['show', what]),
          broke: (what) => void asked.push(['broke', what]),
        },
        port,
      );
      wires.push(wire);
      return wire;
    });
    open.push(shown);
    await shown.page.getByRole('heading', { name: 'Add a retry' }).waitFor();
    const [wire] = wires;
    assert.ok(wire !== undefined);
    return { ...shown, asked, wire };
  }

  it('shows the chain with verdicts and factors, and texts as they were when somebody wants them', async () => {
    const { page, asked } = await panel();
    const chain = page.getByRole('list', { name: 'Judged turns' });
    assert.deepEqual(
      await chain.locator('summary .word').allInnerTexts(),
      ['Let through', 'Sent on', 'Tried again'],
      'the latest first',
    );
    await page.getByRole('img', { name: /turn 1: score 8\s%, worth 12\s%/ }).waitFor();
    await chain.getByText('Turn 1', { exact: true }).click();
    const first = chain.getByRole('listitem').last();
    assert.match(await first.innerText(), /−4\.0\s+gates: The gate `npm test` failed\.[\s\S]*expected 2 calls, got 1/);
    await first.getByRole('button', { name: 'What the agent was sent then' }).click();
    await first.getByText('the prompt of turn 1').waitFor();
    await first.getByRole('button', { name: 'All that npm test printed' }).click();
    await first.getByText('the gate of turn 1').waitFor();
    assert.deepEqual(asked, [
      ['read', { turn: 1, what: 'prompt', at: 0 }],
      ['read', { turn: 1, what: 'gate', at: 0 }],
    ]);
    await chain.getByText('Turn 2', { exact: true }).click();
    await page.getByRole('button', { name: 'What the model was asked' }).click();
    await page.getByRole('alert').getByText('It is gone. Look at the data directory.').waitFor();
  });

  it('shows how often it was tried, each way for itself', async () => {
    const { page } = await panel();
    assert.deepEqual(
      (await page.getByRole('list', { name: 'Facts' }).getByRole('listitem').allInnerTexts()).slice(-3),
      ['prompts of the supervisor: 2', 'failures with the same error: 2', "retries of the model's service: 7"],
    );
    const { page: none } = await panel({}, supervision({ errors: [], automatic: 0, retries: undefined }));
    assert.deepEqual(
      await none
        .getByRole('list', { name: 'Facts' })
        .getByText(/retries|failures|prompts/u)
        .count(),
      0,
    );
  });

  it('takes a person’s word, and follows the record', async () => {
    const { page, asked, wire } = await panel();
    const word = page.getByRole('group', { name: 'Your word on turn 3' });
    await word.getByRole('button', { name: 'Not good' }).click();
    await becomes(() => asked, [['comment', { turn: 3, good: false }]]);
    const later = turns().map((each) => (each.turn === 3 ? { ...each, word: { good: false } } : each));
    await wire.notify('supervision', supervision({ judgements: later, standing: 'It waits for your decision.' }));
    await word.locator('[aria-pressed="true"]', { hasText: 'Not good' }).waitFor();
    await page.getByText('It waits for your decision.').waitFor();
  });

  it('says what the record is worth: figures with cases and intervals, and that few cases say little', async () => {
    const { page } = await panel();
    await page.getByRole('tab', { name: 'Turns' }).press('ArrowRight');
    await page.getByText('400 turns of this repository').waitFor();
    const text = await page.getByRole('tabpanel').innerText();
    assert.match(text, /False breakpoints\s+20\s%: 48 of 240, 95 % interval 15\.\d\s% to 25\.\d\s%/);
    assert.match(text, /Goal under 5\s%: missed\./);
    assert.match(text, /Goal over 0\.8: missed\./);
    assert.match(text, /An answer of the model\s+95\s% within 4\.1 s, of 400\s+Goal under 10 s: reached\./);
    assert.match(text, /A turn of the agent\s+95\s% within 31\.0 s, of 400\s+Goal under 30 s: missed\./);
    assert.equal(await page.getByRole('table').getByRole('row').count(), 11);
    assert.equal(await page.getByText('too few').count(), 0);

    const few = await panel({ state: { session: 'a1b2c3d4', page: 'calibration' } }, supervision(), report(4));
    await few.page.getByText('That is too few to say much').waitFor();
    await few.page.getByText(/Goal under 5\s%: too few cases to tell\./).waitFor();
    const none = await panel({ state: { page: 'calibration' } }, supervision(), report(0));
    await none.page.getByText('no cases yet').first().waitFor();
  });

  it('shows hostile words as words', async () => {
    const markup = '<img src=x onerror="window.pwned=1">\u001B[31m\u202Egate';
    const judgements = turns().map((each) => ({
      ...each,
      issues: [{ kind: markup, sentence: markup }],
      evidence: [{ ...failed, command: [markup], tail: markup }],
      decision: {
        action: 'ask' as const,
        sentence: markup,
        score: 0,
        calibrated: 0,
        factors: [{ name: markup, weight: 1, sentence: markup }],
      },
    }));
    const { page } = await panel({}, supervision({ standing: markup, judgements }));
    await page.getByText('<img src=x').first().waitFor();
    assert.equal(await page.evaluate(() => (window as unknown as { pwned?: number }).pwned), undefined);
    assert.equal(await page.locator('#page img[src]').count(), 0);
    assert.ok(!(await page.locator('body').innerText()).includes('\u202E'));
  });

  for (const theme of themes) {
    it(`has nothing that axe objects to, and fits in 400 pixels: ${theme}`, async () => {
      const { page } = await panel({ theme, width: 400 });
      for (const name of ['Turn 1', 'Turn 2']) await page.getByText(name, { exact: true }).click();
      assert.deepEqual(await violations({ page }), [], 'turns');
      await page.getByRole('tab', { name: 'Calibration' }).click();
      await page.getByRole('table').waitFor();
      assert.deepEqual(await violations({ page }), [], 'calibration');
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 400, `${wide} pixels`);
    });
  }
});
