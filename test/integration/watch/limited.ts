/** Watches a worktree where the system has few watches, and prints what it tells; started in a user namespace of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Workbench } from './workbench.ts';

const folders = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`d${index}/f.txt`, `${index}\n`]));
const bench = await Workbench.make(folders);
await bench.open({ pollMs: 100 });
for (let index = 0; index < 60; index += 1) writeFileSync(join(bench.root, `d${index}`, 'f.txt'), `changed ${index}\n`);
await bench.until(() => bench.changes.length >= 60, 40_000).catch(() => undefined);
const { gap } = await bench.watch.take('test');
process.stdout.write(
  JSON.stringify({
    modes: bench.modes,
    changes: bench.changes.length,
    held: bench.budget.held,
    gap: gap !== undefined,
  }),
);
await bench.close();
