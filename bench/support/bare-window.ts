/** A window of VS Code without Coppice on the same repository: what VS Code itself does while something happens there. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CodeServer } from '../../scripts/workbench/code-server.ts';
import { browserProfile } from '../../test/workbench/support/browser.ts';
import { calm } from '../../test/workbench/support/calm.ts';
import { Window } from '../../test/workbench/support/window.ts';
import { installProbe, ProbedHost } from './probed-host.ts';

/** Its extension host, and what ends the window. */
export interface BareWindow {
  readonly host: ProbedHost;
  stop(): Promise<void>;
}

/** Opens `repository` in a code-server of its own, which keeps what it writes below `folder`. */
export async function openBareWindow(folder: string, repository: string, env: NodeJS.ProcessEnv): Promise<BareWindow> {
  const probes = join(folder, 'p');
  await mkdir(probes, { recursive: true });
  await installProbe(CodeServer.extensionsIn(folder));
  const server = await CodeServer.start({ folder, env: { ...env, HOST_PROBES: probes }, settings: calm, trust: true });
  try {
    const profile = await browserProfile({ width: 1280, height: 800 }, 1);
    const page = await profile.newPage();
    await page.goto(server.windowOn(repository), { waitUntil: 'commit', timeout: 60_000 });
    await new Window(page, server).ready();
    const host = await ProbedHost.next(probes, new Set());
    const stop = async (): Promise<void> => {
      host.leave();
      await profile.close();
      await server.stop();
    };
    return { host, stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
