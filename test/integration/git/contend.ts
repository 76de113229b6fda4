/** Four acquirers of one lease in this process. Arguments: common dir, entry, number of the process, file to wait for. */
import { access } from 'node:fs/promises';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { acquireLease } from '../../../src/git/lease.ts';

const [common = '', admin = '', number = '', start = ''] = process.argv.slice(2);
const owner = (index: number) => ({
  mark: {
    id: `data-${number}-${index}`,
    host: 'host',
    bootId: 'boot',
    pid: process.pid,
    startTime: `${number}-${index}`,
  },
  // The engine with process number 1 is the one that is dead.
  probe: ({ pid }: { pid: number }) => Promise.resolve(pid === 1 ? ('dead' as const) : ('alive' as const)),
  gits: () => Promise.resolve([]),
  orphans: () => Promise.resolve([]),
});
process.stdout.write('ready\n');
while (
  !(await access(start).then(
    () => true,
    () => false,
  ))
) {
  await new Promise((resolve) => setTimeout(resolve, 1));
}
const attempts = Array.from({ length: 4 }, async (_, index) => {
  const session = `s-${number}-${index}`;
  try {
    await acquireLease({ path: '/nowhere', admin, common }, session, owner(index));
    return `won ${session}`;
  } catch (error) {
    if (!isCoppiceError(error, 'worktree-in-use')) throw error;
    return `lost ${session}`;
  }
});
process.stdout.write(`${(await Promise.all(attempts)).join('\n')}\n`);
