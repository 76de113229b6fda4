/** Writes files at a steady rate: seconds, writes per second in all, files per folder, then the folders. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [seconds, rate, files, ...folders] = process.argv.slice(2);
const total = Number(seconds) * Number(rate);
const began = performance.now();
let written = 0;
while (written < total) {
  const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * Number(rate)));
  for (; written < due; written += 1) {
    const folder = folders[written % folders.length] ?? '';
    const index = Math.floor(written / folders.length) % Number(files);
    const path = join(folder, 'area0', `folder${Math.floor(index / 30)}`, `file${index % 30}.ts`);
    writeFileSync(path, `export const written = ${written};\n`);
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
}
process.stdout.write(JSON.stringify({ written, seconds: (performance.now() - began) / 1000 }));
