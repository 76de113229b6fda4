/** The session panel in a real browser: size, first paint, frames while events stream in, and a conversation of 50,000 events. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AgentEvent } from '../../src/core/agent/events.ts';
import { FakeExtension, working } from './support/fake-extension.ts';
import { PanelBrowser, type PanelPage } from './support/panel-page.ts';
import { answerText, conversation } from './support/scenes.ts';
import { median, ms, percentile, row } from '../../bench/support/figures.ts';

const rate = { perSecond: 100, seconds: 10 };

/** What agents say, in the proportions in which they say it. */
function said(n: number): AgentEvent {
  const id = `t${Math.floor(n / 2)}`;
  if (n % 10 === 9) return { kind: 'message', text: answerText };
  if (n % 10 === 8) return { kind: 'message', text: `Step ${n}: I look at the **next** file, \`src/a${n}.ts\`.` };
  if (n % 2 === 0) return { kind: 'tool-started', id, name: 'Bash', input: { command: `npm test -- --grep ${n}` } };
  return { kind: 'tool-ended', id, ok: n % 7 !== 0, output: `line of output ${n}\n`.repeat(40) };
}

function many(count: number, from = 0): AgentEvent[] {
  return Array.from({ length: count }, (_, index) => said(from + index));
}

async function sizes(): Promise<void> {
  let total = 0;
  for (const name of ['session.js', 'session.css']) {
    const zipped = gzipSync(await readFile(join(import.meta.dirname, '..', '..', 'dist', 'webview', name)), {
      level: 9,
    }).length;
    total += zipped;
    row(`${name}, gzipped`, `${(zipped / 1000).toFixed(1)} kB`);
  }
  row('the panel, gzipped', `${(total / 1000).toFixed(1)} kB`, 'goal ≤ 100 kB');
}

/** When content was painted first, milliseconds after the navigation; the heading may be there before. Runs in the page. */
function contentPainted(): Promise<number> {
  return new Promise((resolve) => {
    const seen = (list: PerformanceObserverEntryList): void => {
      const [entry] = list.getEntriesByName('first-contentful-paint');
      if (entry !== undefined) resolve(entry.startTime);
    };
    new PerformanceObserver(seen).observe({ type: 'paint', buffered: true });
  });
}

async function firstPaint(browser: PanelBrowser): Promise<void> {
  const paints: number[] = [];
  const contents: number[] = [];
  for (let i = 0; i < 7; i++) {
    const panel = await browser.open({ extension: new FakeExtension(working()) });
    await panel.page.getByRole('heading', { level: 1 }).waitFor();
    paints.push(await panel.page.evaluate(contentPainted));
    const begun = performance.now();
    await panel.extension.say(conversation());
    await panel.page.getByText('attempts configurable').waitFor();
    contents.push(performance.now() - begun);
    await panel.close();
  }
  row('navigation → header painted, p50', ms(median(paints)), 'first contentful paint, the browser is warm');
  row('first batch → conversation drawn, p50', ms(median(contents)));
}

/** Gaps between frames, and tasks of 50 ms or more, from here on. */
async function watchFrames({ page }: PanelPage): Promise<void> {
  await page.evaluate(() => {
    const seen = { gaps: [] as number[], tasks: [] as number[] };
    (window as unknown as { seen: typeof seen }).seen = seen;
    new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask',
    });
    let last = performance.now();
    const frame = (now: number): void => {
      seen.gaps.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

async function frames({ page }: PanelPage): Promise<{ gaps: number[]; tasks: number[] }> {
  return page.evaluate(() => (window as unknown as { seen: { gaps: number[]; tasks: number[] } }).seen);
}

async function streaming(browser: PanelBrowser, before: number): Promise<void> {
  const panel = await browser.open({ extension: new FakeExtension(working()) });
  for (let at = 0; at < before; at += 1000) await panel.extension.say(many(Math.min(1000, before - at), at));
  await panel.page.waitForTimeout(500);
  await watchFrames(panel);
  const begun = performance.now();
  for (let sent = 0; sent < rate.perSecond * rate.seconds;) {
    const due = Math.floor(((performance.now() - begun) / 1000) * rate.perSecond);
    if (due > sent) {
      await panel.extension.say(many(due - sent, before + sent));
      sent = due;
    } else await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { gaps, tasks } = await frames(panel);
  const name = `${rate.perSecond} events/s after ${before.toLocaleString('en')} events`;
  row(`${name}: frame, p50`, ms(median(gaps)));
  row(`${name}: frame, p99`, ms(percentile(gaps, 0.99)));
  row(`${name}: tasks ≥ 50 ms`, `${tasks.length} in ${rate.seconds} s`, `longest ${ms(Math.max(0, ...tasks))}`);
  await panel.close();
}

async function long(browser: PanelBrowser): Promise<void> {
  const panel = await browser.open({ extension: new FakeExtension(working()) });
  const session = await panel.page.context().newCDPSession(panel.page);
  const heap = async (): Promise<number> => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return usedSize / 2 ** 20;
  };
  await panel.page.getByRole('feed').waitFor();
  const empty = await heap();
  await watchFrames(panel);
  const begun = performance.now();
  for (let at = 0; at < 50_000; at += 1000) await panel.extension.say(many(1000, at), at === 49_000);
  await panel.page.waitForFunction(() => document.querySelector('[aria-busy="false"]') !== null);
  row('50,000 events → all there', ms(performance.now() - begun), 'in 50 batches');
  const loading = await frames(panel);
  row('50,000 events: longest task while they come', ms(Math.max(0, ...loading.tasks)));
  row('50,000 events: memory', `${((await heap()) - empty).toFixed(0)} MiB`, 'JavaScript heap beyond an empty panel');
  row('50,000 events: elements', String(await panel.page.evaluate(() => document.querySelectorAll('*').length)));
  const jump = await panel.page.evaluate(async () => {
    const list = document.querySelector('.viewport');
    const times: number[] = [];
    for (let i = 0; list !== null && i < 30; i++) {
      const begun = performance.now();
      list.scrollTop = (list.scrollHeight * ((i * 7) % 30)) / 30;
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      times.push(performance.now() - begun);
    }
    return times;
  });
  row('50,000 events: jump to any place → drawn, p50', ms(median(jump)), `p95 ${ms(percentile(jump, 0.95))}`);
  await panel.close();
}

const browser = await PanelBrowser.start();
try {
  await sizes();
  await firstPaint(browser);
  await streaming(browser, 0);
  await streaming(browser, 20_000);
  await long(browser);
} finally {
  await browser.close();
}
