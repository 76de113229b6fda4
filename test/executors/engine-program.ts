/** An engine from the sources whose programs for agents elsewhere are one file each, as in a build: in the folder `COPPICE_TEST_CARRIED`. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openApp } from '../../src/engine/app.ts';
import { runEngine } from '../../src/engine/process/run.ts';
import { homePath } from '../../src/protocol/client/home.ts';

const carried = process.env['COPPICE_TEST_CARRIED'] ?? '';
const root = fileURLToPath(new URL('../..', import.meta.url));

await runEngine({
  home: homePath(process.env),
  version: '0.0.0-source',
  idleSeconds: 600,
  open: (engine) =>
    openApp(engine, {
      shipped: {
        wrapper: join(root, 'media', 'run.sh'),
        demoAgent: join(root, 'src', 'agents', 'demo', 'program', 'main.ts'),
        acpBridge: join(carried, 'acp.mjs'),
        helpServer: join(carried, 'help.mjs'),
        cli: join(root, 'src', 'cli', 'main.ts'),
        prompts: join(root, 'media', 'prompts'),
      },
      env: process.env,
    }),
});
