import { installedChromium } from '../../../scripts/bootstrap/chromium.mjs';

/** The browser of the machine. */
export function chromiumPath(): string {
  const path = installedChromium(process.env);
  if (path === undefined) throw new Error('There is no Chromium. Run node scripts/bootstrap/workbench.mjs first.');
  return path;
}
