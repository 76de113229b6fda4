/** One browser for all tests of a run, started when the first of them needs it. */
import { chromium as launcher, type Browser, type BrowserContext } from 'playwright-core';
import { chromium } from '../../../scripts/workbench/installation.ts';

/** Milliseconds that anything a person waits for may take, unless the test says otherwise. */
export const patienceMs = 60_000;

/** How the browser is started. */
export const browserArguments = [
  '--no-sandbox', // Chromium refuses to run as root with it
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--force-color-profile=srgb',
];

let browser: Promise<Browser> | undefined;

/** Ends it. */
export async function closeBrowser(): Promise<void> {
  const started = browser;
  browser = undefined;
  await (await started)?.close();
}

/** How large a window is, pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A browser profile of its own: windows in it share nothing with others. */
export async function browserProfile(size: Size, scale: number): Promise<BrowserContext> {
  browser ??= launcher.launch({ executablePath: chromium(), args: browserArguments });
  const context = await (
    await browser
  ).newContext({
    viewport: size,
    deviceScaleFactor: scale,
    locale: 'en-US',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(patienceMs);
  return context;
}
