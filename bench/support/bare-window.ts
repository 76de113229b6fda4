/** A window of VS Code without Coppice on the same repository: what VS Code itself does while something happens there. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { extensionsIn } from '../../scripts/workbench/places.ts';
import { calm } from '../../test/workbench/support/calm.ts';
import { VsCode } from '../../test/workbench/support/vs-code.ts';
import { Window } from '../../test/workbench/support/window.ts';
import { installProbe, ProbedHost } from './probed-host.ts';

/** Its extension host, and what ends the window. */
export interface BareWindow {
  readonly host: ProbedHost;
  stop(): Promise<void>;
}

/** Opens `repository` in a VS Code of its own, which keeps what it writes below `folder`. */
export async function openBareWindow(folder: string, repository: string, env: NodeJS.ProcessEnv): Promise<BareWindow> {
  const probes = join(folder, 'p');
  await mkdir(probes, { recursive: true });
  await installProbe(extensionsIn(folder));
  const vsCode = await VsCode.start({
    ...{ folder, env: { ...env, HOST_PROBES: probes }, settings: calm, trust: true },
    ...{ size: { width: 1280, height: 800 }, scale: 1 },
  });
  try {
    await new Window(await vsCode.open(repository), vsCode).ready();
    const host = await ProbedHost.next(probes, new Set());
    const stop = async (): Promise<void> => {
      host.leave();
      await vsCode.stop();
    };
    return { host, stop };
  } catch (error) {
    await vsCode.stop();
    throw error;
  }
}
