/** The engine process: what `coppice engine start` and every other front end start when none runs. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { homePath } from '../protocol/client/home.ts';
import { settingVariables } from '../core/environment.ts';
import { builtInAgentIds } from '../agents/registry.ts';
import { Config } from './config/config.ts';
import { openApp, type Shipped } from './app.ts';
import { PluginFolder } from './plugins/plugin-folder.ts';
import { runEngine } from './process/run.ts';

declare const COPPICE_VERSION: string | undefined;

/** The bundle's own version; the source tree has none and never meets a released engine. */
const version = typeof COPPICE_VERSION === 'undefined' ? '0.0.0-source' : COPPICE_VERSION;

// An agent may start an engine through the command line. The engine and its children are not part of that agent's run.
delete process.env['COPPICE_SESSION'];
delete process.env['COPPICE_RUN'];

const home = homePath(process.env);

await runEngine({
  home,
  version,
  idleSeconds: await idleSeconds(),
  open: (engine) => openApp(engine, { shipped: shippedFiles(), env: process.env }),
});

/** Settings that cannot be read are reported by every request that needs them; they are no reason not to start. */
async function idleSeconds(): Promise<number> {
  const config = new Config({
    home,
    userHome: homedir(),
    agents: builtInAgentIds,
    plugins: new PluginFolder({ home, agents: builtInAgentIds, clock: Date.now }),
    environment: settingVariables(process.env),
    clock: Date.now,
  });
  const settings = await config.settings().catch(() => undefined);
  return settings?.['engine.idleSeconds'] ?? 300;
}

/** Beside the bundle; in the source tree where they are kept. */
function shippedFiles(): Shipped {
  const here = dirname(fileURLToPath(import.meta.url));
  const wrapper = join(here, 'run.sh');
  if (existsSync(wrapper))
    return {
      wrapper,
      demoAgent: join(here, 'demo-agent.js'),
      acpBridge: join(here, 'acp-bridge.js'),
      helpServer: join(here, 'help-server.js'),
      cli: join(here, 'cli.js'),
      prompts: here,
      sqlWasm: join(here, 'sql-wasm.wasm'),
    };
  const root = join(here, '..', '..');
  return {
    wrapper: join(root, 'media', 'run.sh'),
    demoAgent: join(root, 'src', 'agents', 'demo', 'program', 'main.ts'),
    acpBridge: join(root, 'src', 'agents', 'acp', 'program', 'main.ts'),
    helpServer: join(root, 'src', 'agents', 'help', 'program', 'main.ts'),
    cli: join(root, 'src', 'cli', 'main.ts'),
    prompts: join(root, 'media', 'prompts'),
  };
}
