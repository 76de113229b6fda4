/** Text that means harm: it is shown as text, nothing of it runs, and the page stays quick. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { AgentEvent } from '../../src/core/agent/events.ts';
import { atRest } from './support/becomes.ts';
import { FakeExtension, session, working } from './support/fake-extension.ts';
import { PanelBrowser, type PanelPage } from './support/panel-page.ts';
import { permission } from './support/scenes.ts';

const markup = [
  '<script>window.pwned = 1</script>',
  '<img src=x onerror="window.pwned = 1">',
  '<svg/onload=window.pwned=1>',
  '<iframe src="javascript:parent.pwned=1"></iframe>',
  '<a href="javascript:window.pwned=1">click</a>',
  '<style>* { display: none !important }</style>',
  '<form action="https://evil.example"><button>Allow</button></form>',
  '</div></body><base href="https://evil.example/">',
].join('\n\n');

const links = [
  '[one](javascript:window.pwned=1)',
  '[two](JaVaScRiPt:window.pwned=1)',
  '[three](&#106;avascript:window.pwned=1)',
  '[four](data:text/html,<script>1</script>)',
  '[five](vscode://evil.extension/run)',
  '[six](command:workbench.action.terminal.new)',
  '[seven](file:///etc/passwd)',
  '[eight](//evil.example)',
  '<javascript:window.pwned=1>',
  '![picture](https://evil.example/track.png)',
].join('\n\n');

const deep = {
  quotes: '> '.repeat(5000),
  lists: Array.from({ length: 150 }, (_, i) => `${'  '.repeat(i)}- x`).join('\n'),
};
const shapes: Readonly<Record<string, string>> = {
  markup,
  links,
  'quotes in quotes': `${deep.quotes}deep`,
  'lists in lists': deep.lists,
  'open brackets': '['.repeat(20_000),
  'open links': '[a]('.repeat(5_000),
  stars: '*a **b '.repeat(3_000),
  backticks: '`'.repeat(20_000),
  'unclosed code': '```js\nlet a = 1;\n',
  'open tags': '<a '.repeat(8_000),
  'one long word': `${'a_'.repeat(6000)} ${'a.'.repeat(6000)}@`,
  entities: '&#x202e;&lt;script&gt;'.repeat(500),
  'wide table': `|${'a|'.repeat(3000)}\n|${'-|'.repeat(3000)}\n|${'b|'.repeat(3000)}`,
  'long table': `|a|b|\n|-|-|\n${'|c|d|\n'.repeat(4000)}`,
  definitions: '[a]: b\n'.repeat(3000),
  underscores: '_a'.repeat(12_000),
  'terminal codes': '\u001b[31mred\u001b[0m \u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007',
  'hidden order': 'if (admin\u202e \u2066// check\u2069 \u2066) {',
  emphasis: `${'**'.repeat(4000)}a${'**'.repeat(4000)}`,
};

describe('hostile text in the session panel', () => {
  let browser: PanelBrowser;
  let panel: PanelPage;
  before(async () => (browser = await PanelBrowser.start()));
  after(() => browser.close());
  beforeEach(async () => {
    panel = await browser.open({ extension: new FakeExtension(working()) });
    await panel.page.getByRole('feed').waitFor();
  });
  afterEach(async () => {
    const { page, problems } = panel;
    const harm = await page.evaluate(() => ({
      ran: 'pwned' in window,
      elements: [
        ...document.querySelectorAll('#app :is(script, img, svg, iframe, style, form form, base, a[href], object)'),
      ].map((each) => each.outerHTML.slice(0, 200)),
      handlers: [...document.querySelectorAll('#app *')].filter((each) =>
        each.getAttributeNames().some((name) => name.startsWith('on')),
      ).length,
    }));
    await panel.close();
    assert.deepEqual(harm, { ran: false, elements: [], handlers: 0 });
    assert.deepEqual(problems, []);
  });

  /** Milliseconds of work that the page has done from the message until it was drawn. */
  async function shown(events: readonly AgentEvent[], marker: string): Promise<number> {
    const work = await workOf(panel.page);
    await panel.extension.say([...events, { kind: 'message', text: marker }]);
    await panel.page.getByText(marker).waitFor();
    return work();
  }

  for (const [name, text] of Object.entries(shapes)) {
    it(`${name}, as a message, a thought, a result and a prompt`, async () => {
      const events: AgentEvent[] = [
        { kind: 'prompt-seen', input: 'x:1', text },
        { kind: 'message', text },
        { kind: 'message', text, thinking: true },
        {
          kind: 'tool-started',
          id: 't',
          name: text.slice(0, 300),
          input: { command: text, [text.slice(0, 80)]: text },
        },
        { kind: 'tool-ended', id: 't', ok: true, output: text },
        { kind: 'notice', severity: 'critical', text },
      ];
      const ms = await shown(events, 'all of it is there');
      assert.ok(ms < 2000, `${Math.round(ms)} ms`);
      await panel.page.locator('.viewport').evaluate((list) => (list.scrollTop = 0));
      await atRest(panel.page);
      // What is opened can push the next one out of what is drawn.
      for (const fold of [0, 1].map((index) => panel.page.locator('[data-fold]').nth(index))) {
        if ((await fold.count()) > 0) await fold.click({ timeout: 20_000 });
      }
      await atRest(panel.page);
    });
  }

  it('links that lead nowhere are no links, and the others ask the extension', async () => {
    const good = '[web](https://good.example/a) [file](src/a.ts#L7)';
    await shown([{ kind: 'message', text: `${links}\n\n${good}` }], 'end of links');
    await panel.page.locator('.viewport').evaluate((list) => (list.scrollTop = 0));
    await atRest(panel.page);
    const names = await panel.page.locator('.markdown').getByRole('link').allInnerTexts();
    assert.deepEqual(names, ['web', 'file']);
    for (const name of names) await panel.page.locator('.markdown').getByRole('link', { name }).click();
    await panel.extension.heard('openLink', { href: 'https://good.example/a' });
    await panel.extension.heard('openFile', { path: 'src/a.ts', line: 7 });
    await panel.page.getByText('[image: picture]').waitFor();
  });

  it('a line of 5 MB, shown whole when somebody wants it', async () => {
    const huge = 'x'.repeat(5 * 1024 * 1024);
    panel.extension.texts.set('text', huge);
    const ms = await shown([{ kind: 'message', text: huge }], 'behind the huge line');
    assert.ok(ms < 3000, `${Math.round(ms)} ms`);
    await panel.page.locator('.viewport').evaluate((list) => (list.scrollTop = 0));
    const work = await workOf(panel.page);
    await panel.page.getByRole('button', { name: 'Show all (5,242,880 characters)' }).click();
    await panel.page.getByRole('button', { name: 'Show less' }).waitFor();
    const alive = await work();
    assert.ok(alive < 4000, `${Math.round(alive)} ms`);
    const length = await panel.page.locator('.message .text').evaluate((each) => each.textContent.length);
    assert.equal(length, huge.length);
  });

  it('a long command of which a terminal would leave something out, shown whole', async () => {
    const command = `echo ${'x'.repeat(5000)}\u001b]; rm -rf ~\u0007`;
    const { extension, page } = panel;
    extension.texts.set('input.command', command);
    await shown([{ kind: 'tool-started', id: 't', name: 'Bash', input: { command } }], 'behind the command');
    await page.locator('.viewport').evaluate((list) => (list.scrollTop = 0));
    await page.locator('[data-fold]', { hasText: 'echo' }).click();
    await page.getByRole('button', { name: /^Show all/u }).click();
    await page.getByRole('button', { name: 'Show less' }).waitFor();
    assert.match(await page.getByRole('group', { name: 'Command' }).innerText(), /x‹U\+001B›\]; rm -rf ~/u);
  });

  it('in the header, the decision, the files and what waits', async () => {
    const { extension, page } = panel;
    const bad = '<img src=x onerror=window.pwned=1>\u202e[a](javascript:1)';
    await extension.become(
      session({ title: bad, evidence: bad, agent: bad, model: bad, executor: bad, branch: bad, next: bad }),
    );
    await extension.wire.notify('needs', [
      { ...permission, title: bad, detail: bad, input: { command: bad, [bad]: bad } },
    ]);
    await extension.wire.notify('files', [{ path: bad, change: 'modified' }]);
    await extension.wire.notify('prompts', { prompts: [{ n: 1, text: bad }], turns: [] });
    await extension.wire.notify('attached', [{ path: bad }]);
    await extension.say([]);
    await page.getByRole('button', { name: '1 file changed' }).click();
    assert.doesNotMatch(await page.locator('#app').innerText(), /\u202e/);
  });
});

/**
 * Milliseconds for which the thread of a page is at work from here on. What others do on the machine at the same time is no
 * part of it.
 */
async function workOf(page: Page): Promise<() => Promise<number>> {
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async (): Promise<number> => {
    const { metrics } = await client.send('Performance.getMetrics');
    const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value;
    assert.ok(seconds !== undefined, 'the browser does not tell how long a page works');
    return seconds * 1000;
  };
  const before = await spent();
  return async () => (await spent()) - before;
}
