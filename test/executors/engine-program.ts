/** An engine from the sources whose bridge to ACP agents is one file, as that of a built one is: `COPPICE_TEST_BRIDGE` names it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openApp } from '../../src/engine/app.ts';
import { runEngine } from '../../src/engine/process/run.ts';
import { homePath } from '../../src/protocol/client/home.ts';

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
        acpBridge: process.env['COPPICE_TEST_BRIDGE'] ?? '',
        helpServer: '',
        cli: join(root, 'src', 'cli', 'main.ts'),
        prompts: join(root, 'media', 'prompts'),
      },
      env: process.env,
    }),
});
